/** The rules of a hold. Pure: what a request gets, given the row that stands under its id and the money there is. */

import type {
  AccountId,
  AssetId,
  HoldDecision,
  HoldId,
  HoldRequest,
  HoldState,
  MarketId,
} from "@exchange/streams/contract";

/** From the later of the wallet's clock and the market's settled time to a hold's deadline. */
const HOLD_LIFE_MS = 30_000;

/** The money side of a row of `holds`. Only `state` and `remaining` ever change. */
export interface Hold {
  readonly holdId: HoldId;
  readonly accountId: AccountId;
  readonly market: MarketId;
  readonly asset: AssetId;
  readonly amount: bigint;
  readonly deadlineMs: number;
  /** What is held now: zero unless PENDING or LIVE. */
  remaining: bigint;
  state: HoldState;
}

/** With what tells a repeat from another order. */
export interface ClientHold extends Hold {
  readonly clientOrderId: string;
  readonly requestHash: string;
  readonly attempt: string;
}

/** What a client's order id is unique within. */
export function holdText(hold: {
  readonly accountId: AccountId;
  readonly market: MarketId;
  readonly clientOrderId: string;
}): string {
  return `${hold.accountId}/${hold.market}/${hold.clientOrderId}`;
}

export type HoldVerdict =
  | { readonly kind: "answer"; readonly decision: HoldDecision }
  /** A new row: the money is there, or it is not. */
  | { readonly kind: "hold" }
  | { readonly kind: "refuse" };

export interface HoldMeans {
  readonly available: bigint;
  readonly amount: bigint;
  readonly isFrozen: boolean;
}

/** Of an account that is frozen nothing is written, so that the id is as good as new when it is not any more. */
export function decideHold(
  request: Pick<HoldRequest, "requestHash" | "attempt">,
  existing: ClientHold | undefined,
  { available, amount, isFrozen }: HoldMeans,
): HoldVerdict {
  if (existing === undefined) {
    if (isFrozen) return { kind: "answer", decision: { kind: "refused", code: "ACCOUNT_FROZEN" } };
    return { kind: available >= amount ? "hold" : "refuse" };
  }
  if (existing.requestHash !== request.requestHash) {
    return { kind: "answer", decision: { kind: "conflict" } };
  }
  return { kind: "answer", decision: decideRepeat(request.attempt, existing) };
}

function decideRepeat(attempt: string, existing: ClientHold): HoldDecision {
  const { holdId, deadlineMs, state } = existing;
  if (state === "REFUSED") return { kind: "refused", code: "INSUFFICIENT_FUNDS" };
  // The attempt that made the hold did not hear the answer and asks again: it may still append.
  if (state === "PENDING" && existing.attempt === attempt) {
    return { kind: "held", holdId, deadlineMs };
  }
  return { kind: "repeat", holdId, state };
}

/** Later than any event that may still accept it, also while the wallet's clock is behind the log's. */
export function holdDeadline(nowMs: number, settledTimeMs: number): number {
  return Math.max(nowMs, settledTimeMs) + HOLD_LIFE_MS;
}
