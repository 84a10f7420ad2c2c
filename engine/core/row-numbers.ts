/** The numbers of `event-numbers.ts` from a book's memory, without making an event. */

import type { Command } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import {
  EVENT_ACCOUNT,
  EVENT_CANCELLED,
  EVENT_DISPLAY,
  EVENT_FROM_HOLD,
  EVENT_HOLD,
  EVENT_IMBALANCE,
  EVENT_IS_BUY,
  EVENT_KIND,
  EVENT_LEFT,
  EVENT_LEG,
  EVENT_OPEN_LOTS,
  EVENT_ORDER,
  EVENT_PREVIOUS,
  EVENT_PRICE,
  EVENT_QTY,
  EVENT_REASON,
  EVENT_RELEASED,
  EVENT_REMAINING,
  EVENT_RESTED,
  EVENT_REVERSED_COMMAND,
  EVENT_REVERSED_COUNT,
  EVENT_REVERSED_INDEX,
  EVENT_STATE,
  EVENT_STATE_REASON,
  EVENT_UNCROSS_PRICE,
  EVENT_UNITS,
  EVENT_UNTIL_MS,
  EVENT_VERSION,
  EVENT_VOLUME,
  EVENT_WIDTH,
  EVENT_WITHDRAWN,
  eventKind,
  PARTY_FEE,
  TRADE_BUYER_PRICE,
  TRADE_LOTS,
  TRADE_MAKER,
  TRADE_PRICE,
  TRADE_SELLER_PRICE,
  TRADE_TAKER,
  TRADE_TAKER_BUYS,
} from "./event-fields.ts";
import type { NumberSink } from "./event-numbers.ts";
import type { Memory } from "./memory.ts";

const FIRST_LEG = 0;
const SECOND_LEG = 1;
const OWNER = [EVENT_ORDER, EVENT_ACCOUNT, EVENT_HOLD, EVENT_IS_BUY, EVENT_PRICE] as const;
const CHANGED = [...OWNER, EVENT_OPEN_LOTS, EVENT_RELEASED] as const;
const WITHDRAWN = [EVENT_WITHDRAWN, EVENT_PREVIOUS] as const;
const PARTIES = [TRADE_MAKER, TRADE_TAKER].flatMap((party) =>
  Array.from({ length: PARTY_FEE + 1 }, (_, field) => party + field),
);

/** Which fields of a row are written, and in which order. */
const fieldsByKind: readonly (readonly number[] | undefined)[] = Array.from(
  { length: eventKind.tradesReversed + 1 },
  (_, kind) => fieldsOf(kind),
);

/** The numbers of all events of the last command. */
export function writeRowNumbers(memory: Memory, command: Command, sink: NumberSink): void {
  const { events, eventsEnd } = memory;
  for (let at = 0; at < eventsEnd; at += EVENT_WIDTH) {
    const kind = events[at + EVENT_KIND] ?? 0;
    const fields = fieldsByKind[kind];
    assert(fields !== undefined, "an event has a kind");
    sink.write(kind);
    for (let place = 0; place < fields.length; place += 1) {
      sink.write(events[at + (fields[place] ?? 0)] ?? 0);
    }
    if (kind === eventKind.trade) writeSellerPrice(memory, at, sink);
    else if (kind === eventKind.accepted) writeAcceptance(memory, at, { command, sink });
    else if (kind === eventKind.refused) sink.write(FIRST_LEG);
    sink.endEvent();
    // One row stands for both legs of a pair.
    if (kind !== eventKind.refused || command.kind !== "PlaceOrderPair") continue;
    sink.write(kind);
    sink.write(events[at + EVENT_REASON] ?? 0);
    sink.write(SECOND_LEG);
    sink.endEvent();
  }
}

function fieldsOf(kind: number): readonly number[] | undefined {
  switch (kind) {
    case eventKind.accepted:
    case eventKind.ticked:
    case eventKind.rulesChanged:
      return [];
    case eventKind.refused:
      return [EVENT_REASON];
    case eventKind.trade:
      return [TRADE_PRICE, TRADE_LOTS, TRADE_TAKER_BUYS, ...PARTIES, TRADE_BUYER_PRICE];
    case eventKind.rested:
      return [...OWNER, EVENT_OPEN_LOTS, EVENT_DISPLAY];
    case eventKind.cancelled:
      return [...CHANGED, EVENT_RESTED, EVENT_REASON, EVENT_REMAINING, EVENT_DISPLAY];
    case eventKind.updated:
      return [...CHANGED, EVENT_REASON, EVENT_REMAINING, EVENT_QTY, ...WITHDRAWN];
    case eventKind.triggered:
      return OWNER;
    case eventKind.ordersCancelled:
      return [EVENT_CANCELLED, EVENT_LEFT];
    case eventKind.uncrossed:
      return [EVENT_UNCROSS_PRICE, EVENT_VOLUME, EVENT_IMBALANCE];
    case eventKind.stateChanged:
      return [EVENT_STATE, EVENT_STATE_REASON, EVENT_UNTIL_MS, EVENT_VERSION];
    case eventKind.tradesReversed:
      return [EVENT_REVERSED_COUNT, EVENT_REVERSED_COMMAND, EVENT_REVERSED_INDEX];
    default:
      return undefined;
  }
}

/** Not to be read where the trade has no prices of its own: it is what an earlier event left. */
function writeSellerPrice({ events }: Memory, at: number, sink: NumberSink): void {
  const hasPrices = (events[at + TRADE_BUYER_PRICE] ?? 0) !== 0;
  sink.write(hasPrices ? (events[at + TRADE_SELLER_PRICE] ?? 0) : 0);
}

interface Target {
  readonly command: Command;
  readonly sink: NumberSink;
}

/** Only a pair's row says which leg it is, and only a replacement's what moves. */
function writeAcceptance({ events }: Memory, at: number, { command, sink }: Target): void {
  sink.write(command.kind === "PlaceOrderPair" ? (events[at + EVENT_LEG] ?? 0) : FIRST_LEG);
  const mayTransfer =
    command.kind === "PlaceOrder" &&
    command.replaces !== undefined &&
    command.heldUnits !== undefined;
  const units = mayTransfer ? (events[at + EVENT_UNITS] ?? 0) : 0;
  sink.write(units === 0 ? 0 : (events[at + EVENT_FROM_HOLD] ?? 0));
  sink.write(units);
}
