/** npm's nodejs-order-book over the same flows, for comparison. */

import type { OrderFlow } from "@exchange/engine/order-flow";
import { commandKind, flag } from "@exchange/engine/order-flow";
import { assert } from "@exchange/streams/contract";
import { OrderBook, Side } from "nodejs-order-book";

import { median } from "./measure-book.ts";

type TimeInForce = NonNullable<Parameters<OrderBook["limit"]>[0]["timeInForce"]>;

/** The package has a type of these words, and does not export it. */
function isTimeInForce(word: unknown): word is TimeInForce {
  return word === "GTC" || word === "IOC" || word === "FOK";
}

const IMMEDIATE = timeInForce("IOC");

function timeInForce(word: unknown): TimeInForce {
  assert(isTimeInForce(word), "a time in force is one of those there are");
  return word;
}

/** Million messages a second, the median round. */
export function measurePeer(flow: OrderFlow, rounds: number): number {
  const ids = idsOf(flow);
  const speeds: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const startedMs = performance.now();
    playPeer(flow, ids);
    if (round > 0) speeds.push(flow.messages / (performance.now() - startedMs) / 1000);
  }
  return median(speeds);
}

/** The peer keeps an order's name when it is modified: the name is that of its first message. */
function idsOf({ messages, kinds, targets }: OrderFlow): string[] {
  const ids: string[] = [];
  for (let row = 0; row < messages; row += 1) {
    const target = targets[row] ?? 0;
    ids.push(kinds[row] === commandKind.place ? String(row) : (ids[target - 1] ?? "unknown"));
  }
  return ids;
}

function playPeer(
  { messages, kinds, flags, prices, lots }: OrderFlow,
  ids: readonly string[],
): void {
  const book = new OrderBook();
  for (let row = 0; row < messages; row += 1) {
    const id = ids[row] ?? "";
    const price = prices[row] ?? 0;
    const size = lots[row] ?? 0;
    const kind = kinds[row];
    if (kind === commandKind.cancel) book.cancel(id);
    else if (kind === commandKind.replace) book.modify(id, { price, size });
    else {
      const side = ((flags[row] ?? 0) & flag.buy) === 0 ? Side.SELL : Side.BUY;
      const rests = ((flags[row] ?? 0) & flag.immediate) === 0;
      const options = { id, side, size, price };
      book.limit(rests ? options : { ...options, timeInForce: IMMEDIATE });
    }
  }
}
