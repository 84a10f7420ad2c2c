/** The states of a market, and the halt that the engine itself calls. */

import type { MarketState } from "@exchange/streams/contract";

import {
  EVENT_STATE,
  EVENT_STATE_REASON,
  EVENT_UNTIL_MS,
  EVENT_VERSION,
  eventKind,
} from "./event-fields.ts";
import { TIME_MS } from "./layout.ts";
import { setRules } from "./market-prices.ts";
import type { Memory } from "./memory.ts";
import { openEvent } from "./memory.ts";
import { stateNumberOf } from "./term-numbers.ts";

/** Places in `stateReasons`. */
export const BY_OPERATOR = 0;
const BY_VOLATILITY = 1;
export const BY_TIME = 2;

export interface NextState {
  readonly state: MarketState;
  readonly definitionVersion: number;
  readonly auctionUntilMs: number | undefined;
  readonly reason: number;
}

export function setState(memory: Memory, next: NextState): void {
  const { state, definitionVersion, auctionUntilMs, reason } = next;
  const { trading } = memory.rules;
  setRules(memory, {
    state,
    definitionVersion,
    ...(trading !== undefined && { trading }),
    ...(auctionUntilMs !== undefined && { auctionUntilMs }),
  });
  const event = openEvent(memory, eventKind.stateChanged);
  memory.events[event + EVENT_STATE] = stateNumberOf(state);
  memory.events[event + EVENT_STATE_REASON] = reason;
  memory.events[event + EVENT_UNTIL_MS] = auctionUntilMs ?? -1;
  memory.events[event + EVENT_VERSION] = definitionVersion;
}

/** Trading stops before it leaves the band; orders gather until the auction. */
export function haltForVolatility(memory: Memory): void {
  const auctionMs = memory.rules.trading?.volatilityHalt?.auctionMs ?? 0;
  setState(memory, {
    state: "auction",
    definitionVersion: memory.rules.definitionVersion,
    auctionUntilMs: (memory.floats[TIME_MS] ?? 0) + auctionMs,
    reason: BY_VOLATILITY,
  });
}
