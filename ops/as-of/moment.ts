/** A point that somebody asks about: a record of a market's command log, or a transaction of the ledger. Pure. */

import { parseMarketPosition, sequenceOf } from "@exchange/streams/contract";

import type { AccountTransaction, Moment } from "./account-order.ts";

export type LedgerPoint =
  | { readonly kind: "record"; readonly market: string; readonly sequence: number }
  | { readonly kind: "transaction"; readonly transactionId: number };

/** `BTC-USD:5`, or `17`. Undefined for anything else. */
export function parsePoint(text: string): LedgerPoint | undefined {
  if (/^[1-9]\d{0,14}$/.test(text)) return { kind: "transaction", transactionId: Number(text) };
  const place = parseMarketPosition(text);
  if (place === undefined) return undefined;
  return { kind: "record", market: place.market, sequence: place.position };
}

/**
 * After settlement of a record: all that the market's records up to it led to, and nothing that later ones did. Of
 * other entries those that are not later than the record.
 */
export function momentOfRecord(place: {
  readonly market: string;
  readonly sequence: number;
  readonly timeMs: number;
}): Moment {
  const recordOf = ({ event }: AccountTransaction): number | undefined =>
    event?.market === place.market ? sequenceOf(event.command) : undefined;
  return {
    isBefore: (transaction) =>
      (recordOf(transaction) ?? (transaction.timeMs <= place.timeMs ? 0 : Infinity)) <=
      place.sequence,
    isLater: (transaction) => (recordOf(transaction) ?? 0) > place.sequence,
  };
}

/** Right after a transaction. For an account that has no part in it: what is not later than it. */
export function momentOfTransaction(place: {
  readonly transactionId: number;
  readonly timeMs: number;
  readonly isOfAccount: boolean;
}): Moment {
  return {
    isBefore: ({ transactionId, timeMs }) =>
      place.isOfAccount ? transactionId === place.transactionId : timeMs <= place.timeMs,
    isLater: () => false,
  };
}
