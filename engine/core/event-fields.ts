/**
 * What a command came to, as numbers: a fixed number of floats an event, in an array that the next command
 * writes over. Nothing is made for an event, so a book that runs leaves nothing to collect.
 */

import type { CancelReason, EngineRejectCode } from "@exchange/streams/contract";
import { cancelReasons, engineRejectCodes } from "@exchange/streams/contract";

export const EVENT_WIDTH = 24;

/** One of `eventKind`. */
export const EVENT_KIND = 0;
/** Fields of events about one order. */
export const EVENT_ORDER = 1;
export const EVENT_ACCOUNT = 2;
export const EVENT_HOLD = 3;
export const EVENT_IS_BUY = 4;
/** Its price; of one that was set off, its trigger. */
export const EVENT_PRICE = 5;
export const EVENT_OPEN_LOTS = 6;
export const EVENT_RELEASED = 7;
export const EVENT_RESTED = 8;
/** Index into `cancelReasons`, `engineRejectCodes` or `updateReasons`. */
export const EVENT_REASON = 9;
/** What its hold still has; -1 where the event does not say. */
export const EVENT_REMAINING = 10;
/** What it shows; -1 where that is all. */
export const EVENT_DISPLAY = 11;
export const EVENT_QTY = 12;
export const EVENT_WITHDRAWN = 13;
export const EVENT_PREVIOUS = 14;
/** Of an acceptance: which leg, the hold that units come from, and how many. */
export const EVENT_LEG = 4;
export const EVENT_FROM_HOLD = 5;
export const EVENT_UNITS = 6;
/** Fields of the count that closes a mass cancel. */
export const EVENT_CANCELLED = 1;
export const EVENT_LEFT = 2;
/** Fields of an auction's result. */
export const EVENT_UNCROSS_PRICE = 1;
export const EVENT_VOLUME = 2;
export const EVENT_IMBALANCE = 3;
/** Fields of a change of state: the state, why, when the auction ends or -1, and the definition's version. */
export const EVENT_STATE = 1;
export const EVENT_STATE_REASON = 2;
export const EVENT_UNTIL_MS = 3;
export const EVENT_VERSION = 4;
/** Fields of trades that are taken back: how many, the place of the first of them, and how many of the command's come before it. */
export const EVENT_REVERSED_COUNT = 1;
export const EVENT_REVERSED_COMMAND = 2;
export const EVENT_REVERSED_INDEX = 3;
export const EVENT_REVERSED_FROM = 4;
/** Fields of a trade, then those of its two parties. */
export const TRADE_PRICE = 1;
export const TRADE_LOTS = 2;
export const TRADE_TAKER_BUYS = 3;
export const TRADE_MAKER = 4;
export const TRADE_TAKER = 13;
/** In an auction: both orders' own prices; 0 otherwise. */
export const TRADE_BUYER_PRICE = 22;
export const TRADE_SELLER_PRICE = 23;
/** Fields of a party, from `TRADE_MAKER` or `TRADE_TAKER` on. It is done when nothing remains. */
export const PARTY_ORDER = 0;
export const PARTY_ACCOUNT = 1;
export const PARTY_HOLD = 2;
export const PARTY_CONSUMED = 3;
export const PARTY_RELEASED = 4;
export const PARTY_REMAINING = 5;
export const PARTY_OPEN_LOTS = 6;
export const PARTY_FEE = 7;

export const eventKind = {
  accepted: 1,
  refused: 2,
  trade: 3,
  rested: 4,
  cancelled: 5,
  updated: 6,
  triggered: 7,
  ordersCancelled: 8,
  ticked: 9,
  uncrossed: 10,
  stateChanged: 11,
  rulesChanged: 12,
  tradesReversed: 13,
} as const;

export const updateReasons = ["amended", "self-trade", "post-only-slide"] as const;
/** Why the engine itself changed the state: none for an operator's command. */
export const stateReasons = [undefined, "volatility-halt", "auction-over"] as const;

export function reasonNumberOf(reason: CancelReason): number {
  return cancelReasons.indexOf(reason);
}

export function codeNumberOf(code: EngineRejectCode): number {
  return engineRejectCodes.indexOf(code);
}
