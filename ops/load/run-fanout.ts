/** Many WebSocket clients of one market's trades, driven and judged by this process. */

import { z } from "zod";

import { summarizeLatencies } from "../http/latency.ts";
import { judge } from "./judge.ts";
import type { LoadReport, LoadTarget } from "./run-orders.ts";
import type { FanoutScenario } from "./scenarios.ts";
import { openTraders } from "./traders.ts";

/** Connected and answered before the next ones. */
const AT_ONCE = 50;
/** What is under way when the orders end. */
const LAST_UPDATES_MS = 500;

const Message = z.looseObject({
  type: z.string(),
  seq: z.string().optional(),
  prevSeq: z.string().optional(),
  trades: z.array(z.looseObject({ timeMs: z.number() })).default([]),
});

interface Heard {
  readonly delaysMs: number[];
  updates: number;
  lost: number;
  closed: number;
}

export async function runFanout(
  { gatewayUrl, market, slack }: LoadTarget,
  { clients, accounts, stages, thresholds }: FanoutScenario,
): Promise<LoadReport> {
  const traders = await openTraders(gatewayUrl, market, accounts);
  const heard: Heard = { delaysMs: [], updates: 0, lost: 0, closed: 0 };
  const url = `${gatewayUrl.replace("http", "ws")}/v1/ws`;
  const sockets: WebSocket[] = [];
  try {
    while (sockets.length < clients) {
      const count = Math.min(AT_ONCE, clients - sockets.length);
      const some = Array.from({ length: count }, () => listen(url, market.market, heard));
      sockets.push(...(await Promise.all(some)));
    }
    await traders.run(stages);
    await Bun.sleep(LAST_UPDATES_MS);
    const { updates, lost, closed, delaysMs } = heard;
    const { p95, p99 } = summarizeLatencies(delaysMs);
    return {
      outcomes: { clients, updates, trades: delaysMs.length },
      judged: [
        judge(
          "p95 from trade to client, ms",
          updates === 0 ? Number.NaN : p95,
          thresholds.delayMsP95 * slack,
        ),
        judge(
          "p99 from trade to client, ms",
          updates === 0 ? Number.NaN : p99,
          thresholds.delayMsP99 * slack,
        ),
        judge("lost updates and connections", lost + closed, thresholds.lostMax),
      ],
    };
  } finally {
    for (const socket of sockets) socket.close();
    traders.close();
  }
}

/** Resolves when the snapshot is there. */
async function listen(url: string, market: string, heard: Heard): Promise<WebSocket> {
  const ready = Promise.withResolvers<void>();
  const socket = new WebSocket(url);
  let last: string | undefined;
  socket.addEventListener("open", () => {
    socket.send(JSON.stringify({ op: "subscribe", channel: "trades", market }));
  });
  socket.addEventListener("message", ({ data }) => {
    const { type, seq, prevSeq, trades } = Message.parse(JSON.parse(String(data)));
    if (type === "update") {
      heard.updates += 1;
      if (prevSeq !== last) heard.lost += 1;
      for (const { timeMs } of trades) heard.delaysMs.push(Date.now() - timeMs);
    } else if (type === "snapshot") {
      ready.resolve();
    }
    last = seq ?? last;
  });
  socket.addEventListener("error", () => ready.reject(new Error("the feed cannot be reached")));
  socket.addEventListener("close", () => {
    heard.closed += 1;
    ready.reject(new Error("the feed closed the connection"));
  });
  await ready.promise;
  return socket;
}
