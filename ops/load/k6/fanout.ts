/** `k6 run ops/load/k6/fanout.ts`: WebSocket clients of a market's trades, while it trades. */

import { Counter, Trend } from "k6/metrics";
import type { Options } from "k6/options";
import { WebSocket } from "k6/websockets";

import { fanoutScenario, scale } from "../scenarios.ts";
import type { Setup } from "./trading.ts";
import { arrivals, gatewayUrl, loadScale, marketId, openAccounts, slack } from "./trading.ts";

export { trade } from "./trading.ts";

const MS_PER_S = 1000;
/** Clients connect before the orders begin, and hear the last of them. */
const CONNECT_S = 3;
const LAST_UPDATES_S = 1;

const { clients, accounts, thresholds } = fanoutScenario;
const stages = scale(fanoutScenario.stages, loadScale);
const seconds = stages.reduce((sum, stage) => sum + stage.seconds, 0);
const listenS = CONNECT_S + seconds + LAST_UPDATES_S;

const delay = new Trend("trade_delay", true);
const updates = new Counter("feed_updates");
const lost = new Counter("feed_lost");

export const options: Options = {
  setupTimeout: "120s",
  scenarios: {
    listeners: {
      executor: "per-vu-iterations",
      exec: "listen",
      vus: clients,
      iterations: 1,
      maxDuration: `${listenS * 2}s`,
    },
    orders: {
      ...arrivals(stages),
      startTime: `${CONNECT_S}s`,
    },
  },
  thresholds: {
    trade_delay: [
      `p(95)<=${thresholds.delayMsP95 * slack}`,
      `p(99)<=${thresholds.delayMsP99 * slack}`,
    ],
    feed_updates: ["count>0"],
    feed_lost: [`count<=${thresholds.lostMax}`],
  },
};

export function setup(): Setup {
  return openAccounts(accounts);
}

interface Message {
  readonly type: string;
  readonly seq?: string;
  readonly prevSeq?: string;
  readonly trades?: readonly { readonly timeMs: number }[];
}

export function listen(): void {
  const socket = new WebSocket(`${gatewayUrl.replace("http", "ws")}/v1/ws`);
  let last: string | undefined;
  let isOver = false;
  // A threshold on what was never counted would not be looked at.
  lost.add(0);
  socket.addEventListener("open", () => {
    socket.send(JSON.stringify({ op: "subscribe", channel: "trades", market: marketId }));
    setTimeout(() => {
      isOver = true;
      socket.close();
    }, listenS * MS_PER_S);
  });
  socket.addEventListener("message", (event) => {
    if (!("data" in event) || typeof event.data !== "string") return;
    const { type, seq, prevSeq, trades }: Message = JSON.parse(event.data);
    if (type === "update") {
      updates.add(1);
      if (prevSeq !== last) lost.add(1);
      for (const { timeMs } of trades ?? []) delay.add(Date.now() - timeMs);
    }
    last = seq ?? last;
  });
  socket.addEventListener("close", () => {
    if (!isOver) lost.add(1);
  });
}
