/** Deciding the holds of one transaction in memory, each alone and in the order of arrival. Pure. */

import type { AccountId, HoldDecision, HoldRequest, MarketId } from "@exchange/streams/contract";
import { mainAccountOf, unreachable } from "@exchange/streams/contract";

import type { ClientHold } from "./hold.ts";
import { decideHold, holdDeadline, holdText } from "./hold.ts";
import type { Ledger } from "./ledger.ts";
import { post } from "./ledger.ts";

export interface HoldBatchState {
  readonly ledger: Ledger;
  /** Rows that stand under the requests' ids, by `holdText`. New ones are added. */
  readonly holds: Map<string, ClientHold>;
  /** Of the requests' accounts and main accounts. */
  readonly frozen: ReadonlySet<AccountId>;
  /** Time of each market's settlement cursor. */
  readonly settledTimesMs: ReadonlyMap<MarketId, number>;
  readonly nowMs: number;
  readonly nextHoldId: () => number;
}

export interface DecidedHolds {
  /** One a request, in the same order. */
  readonly decisions: readonly HoldDecision[];
  /** Rows to insert: held ones and refusals. */
  readonly created: readonly ClientHold[];
}

export function decideHolds(state: HoldBatchState, requests: readonly HoldRequest[]): DecidedHolds {
  const created: ClientHold[] = [];
  const decisions = requests.map((request) => decideOne(state, request, created));
  return { decisions, created };
}

function decideOne(
  state: HoldBatchState,
  request: HoldRequest,
  created: ClientHold[],
): HoldDecision {
  const text = holdText(request);
  const balance = state.ledger.balances.get(`${request.accountId}/${request.asset}`);
  const amount = BigInt(request.amount);
  const verdict = decideHold(request, state.holds.get(text), {
    available: balance?.available ?? 0n,
    amount,
    isFrozen: state.frozen.has(request.accountId) || state.frozen.has(mainAccountOf(request)),
  });
  switch (verdict.kind) {
    case "answer":
      return verdict.decision;
    case "refuse": {
      const refused = createHold(state, request, "REFUSED");
      state.holds.set(text, refused);
      created.push(refused);
      return { kind: "refused", code: "INSUFFICIENT_FUNDS" };
    }
    case "hold": {
      const hold = createHold(state, request, "PENDING");
      state.holds.set(text, hold);
      created.push(hold);
      post(state.ledger, {
        reason: "hold",
        reference: String(hold.holdId),
        timeMs: state.nowMs,
        changes: balance === undefined ? [] : [{ balance, available: -amount, held: amount }],
      });
      return { kind: "held", holdId: hold.holdId, deadlineMs: hold.deadlineMs };
    }
    default:
      return unreachable(verdict);
  }
}

function createHold(
  state: HoldBatchState,
  request: HoldRequest,
  kind: "PENDING" | "REFUSED",
): ClientHold {
  const amount = BigInt(request.amount);
  return {
    holdId: state.nextHoldId(),
    accountId: request.accountId,
    market: request.market,
    clientOrderId: request.clientOrderId,
    requestHash: request.requestHash,
    attempt: request.attempt,
    asset: request.asset,
    amount,
    remaining: kind === "PENDING" ? amount : 0n,
    deadlineMs: holdDeadline(state.nowMs, state.settledTimesMs.get(request.market) ?? 0),
    state: kind,
  };
}
