/** A market of a few commands with all that follows from them, for planting faults in. */

import { createBook } from "@exchange/engine/core";
import type { ChainedEvent, LoggedRecord, ReplicaSnapshot } from "@exchange/engine/replay";
import { Replica } from "@exchange/engine/replay";
import { formatHash } from "@exchange/streams";
import type { Command, Frame, MarketEvent, Side } from "@exchange/streams/contract";
import { commandPosition, createMarket, GENESIS } from "@exchange/streams/contract";
import { btcUsd, placeLimitOrder } from "@exchange/streams/testing";

import type { LoggedFrame } from "../audit-streams.ts";

export const market = createMarket(btcUsd);

const START_MS = 1_430_438_400_000;
export const DEADLINE_MS = START_MS + 30_000;

export interface OrderShape {
  readonly holdId: number;
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  readonly deadlineMs?: number;
}

/** Account and hold have the same number; the client's id is `order-<hold>`. */
function place({ holdId, side, price, qty, deadlineMs = DEADLINE_MS }: OrderShape): Command {
  const owner = { accountId: holdId, clientOrderId: `order-${holdId}`, holdId };
  return placeLimitOrder({ side, price, qty, deadlineMs, ...owner });
}

/** Trades, a partly filled rest, a cancel, a late order, and an order that still waits in the book. */
const smallFlow: readonly (readonly Command[])[] = [
  [place({ holdId: 1, side: "sell", price: 100, qty: 5 })],
  [
    place({ holdId: 2, side: "buy", price: 101, qty: 3 }),
    place({ holdId: 3, side: "buy", price: 90, qty: 7 }),
  ],
  [
    { kind: "CancelOrder", accountId: 3, orderId: commandPosition(2, 1), deadlineMs: DEADLINE_MS },
    place({ holdId: 4, side: "buy", price: 95, qty: 2, deadlineMs: START_MS - 1 }),
  ],
  [place({ holdId: 5, side: "buy", price: 99, qty: 4 })],
];

export interface SmallMarket {
  readonly records: LoggedRecord[];
  /** One a record. */
  readonly frames: LoggedFrame[];
  readonly events: MarketEvent[];
  /** Taken after the second record. */
  readonly snapshot: ReplicaSnapshot;
}

export function createSmallMarket(flow = smallFlow): SmallMarket {
  const replica = new Replica({ market: market.market, epoch: 1, createBook });
  const records: LoggedRecord[] = [];
  const frames: LoggedFrame[] = [];
  const events: MarketEvent[] = [];
  let snapshot = replica.snapshot();
  let from = GENESIS;
  for (const [index, commands] of flow.entries()) {
    const sequence = index + 1;
    const timeMs = START_MS + index * 1000;
    const logged = { sequence, timeMs, record: { v: 1 as const, epoch: 1, commands } };
    records.push(logged);
    const chained: ChainedEvent[] = [];
    replica.apply(logged, (event) => chained.push(event));
    const frame = frameOf(chained, { from, timeMs });
    frames.push({ sequence, epoch: 1, frame });
    events.push(...frame.events);
    from = frame.to;
    if (sequence === 2) snapshot = replica.snapshot();
  }
  return { records, frames, events, snapshot };
}

function frameOf(
  chained: readonly ChainedEvent[],
  { from, timeMs }: Pick<Frame, "from" | "timeMs">,
): Frame {
  const last = chained.at(-1);
  if (last === undefined) throw new Error("every record yields events");
  const { command, index } = last.event;
  return {
    v: 1,
    market: market.market,
    epoch: 1,
    from,
    to: { command, index },
    complete: last.completes,
    timeMs,
    ...(last.dueMs !== undefined && { dueMs: last.dueMs }),
    hashAtTo: formatHash(last.hash),
    events: chained.map(({ event }) => event),
  };
}
