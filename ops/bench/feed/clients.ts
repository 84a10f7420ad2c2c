/** Many WebSocket clients in one process: each follows a book and checks its chain of positions. */

import { z } from "zod";

import type { ClientsReady, ClientsReport } from "./figures.ts";
import { preciseNowMs } from "./figures.ts";

/** Connected and answered before the next ones. */
const AT_ONCE = 50;
/** Clients whose every update is timed: reading the clock for each would be a load of its own. */
const TIMED = 20;

const Order = z.object({ url: z.string(), market: z.string(), clients: z.number() });

const found = { updates: 0, lost: 0, resnapshots: 0, closed: 0 };
const seen: [number, number][][] = [];
let isStopping = false;

process.on("disconnect", () => process.exit());
process.on("message", (message: unknown) => {
  if (message === "stop") stop();
  else void connectAll(Order.parse(message));
});

async function connectAll({ url, market, clients }: z.infer<typeof Order>): Promise<void> {
  const everyTimed = Math.max(1, Math.floor(clients / TIMED));
  for (let first = 0; first < clients; first += AT_ONCE) {
    const count = Math.min(AT_ONCE, clients - first);
    const some = Array.from({ length: count }, (_, index) =>
      connectOne(url, market, (first + index) % everyTimed === 0),
    );
    await Promise.all(some);
  }
  process.send?.({ kind: "ready" } satisfies ClientsReady);
}

/** Resolves when the snapshot is there. */
async function connectOne(url: string, market: string, isTimed: boolean): Promise<void> {
  const ready = Promise.withResolvers<void>();
  const times: [number, number][] = [];
  if (isTimed) seen.push(times);
  let last = "";
  const socket = new WebSocket(url);
  socket.addEventListener("open", () => {
    socket.send(JSON.stringify({ op: "subscribe", channel: "book", market }));
  });
  socket.addEventListener("message", ({ data }) => {
    const text = String(data);
    if (text.startsWith('{"type":"subscribed"')) return;
    const seq = fieldOf(text, '"seq":"');
    if (text.startsWith('{"type":"update"')) {
      found.updates += 1;
      if (fieldOf(text, '"prevSeq":"') !== last) found.lost += 1;
      if (isTimed) times.push([Number.parseInt(seq, 10), preciseNowMs()]);
    } else if (text.startsWith('{"type":"snapshot"')) ready.resolve();
    else found.resnapshots += 1;
    last = seq;
  });
  socket.addEventListener("error", () => ready.reject(new Error("the feed cannot be reached")));
  socket.addEventListener("close", () => {
    if (!isStopping) found.closed += 1;
    ready.reject(new Error("the feed closed the connection"));
  });
  await ready.promise;
}

/** The value behind the name: parsing every message whole would measure the clients. */
function fieldOf(text: string, name: string): string {
  const start = text.indexOf(name) + name.length;
  return text.slice(start, text.indexOf('"', start));
}

function stop(): void {
  isStopping = true;
  const report: ClientsReport = { kind: "report", ...found, seen };
  process.send?.(report, undefined, undefined, () => process.exit(0));
}
