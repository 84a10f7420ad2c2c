/** Setting money aside for one attempt, in a market's units, or what to answer where this attempt may not go on. */

import type { AccountId, HoldDecision, HoldState, Side } from "@exchange/streams/contract";
import { holdAmount, holdAsset, unreachable } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import { userOf } from "./placement.ts";
import { refused } from "./reply.ts";
import { mintAttempt } from "./request-hash.ts";

export interface MoneyWanted {
  readonly desk: Desk;
  readonly accountId: AccountId;
  /** Where `accountId` is another one. */
  readonly mainAccountId?: AccountId;
  /** What a repeat is told by. */
  readonly holdKey: string;
  readonly requestHash: string;
  /** What a request of other content under that key is refused with. */
  readonly conflict: "CLIENT_ORDER_ID_CONFLICT" | "IDEMPOTENCY_CONFLICT";
  readonly side: Side;
  /** Spend units of that side; zero where only repeats are to be told apart. */
  readonly units: number;
  readonly traceparent: string | undefined;
}

export type Held = Extract<HoldDecision, { kind: "held" }>;

export type Money =
  /** By this attempt, which alone may append, once. */
  | Held
  /** By an earlier one, and what has become of that. */
  | { readonly kind: "repeat"; readonly state: HoldState }
  | Extract<Reply<never>, { kind: "refused" }>;

export async function holdMoney(
  { holdFunds, metrics }: Pick<OrderDeps, "holdFunds" | "metrics">,
  wanted: MoneyWanted,
): Promise<Money> {
  const { desk, accountId, holdKey, requestHash, conflict, side, units, traceparent } = wanted;
  const startedMs = performance.now();
  const outcome = await holdFunds({
    hold: {
      accountId,
      ...userOf(wanted),
      market: desk.market.market,
      clientOrderId: holdKey,
      requestHash,
      attempt: mintAttempt(),
      asset: holdAsset(desk.market, side),
      amount: holdAmount(desk.market, side, units).toString(),
    },
    traceparent,
  });
  metrics.holdWait.observe((performance.now() - startedMs) / 1000);
  switch (outcome.kind) {
    case "held":
    case "repeat":
      return outcome;
    case "conflict":
      return refused(conflict);
    case "refused":
    case "declined":
      return refused(outcome.code);
    case "unknown":
      return refused("OUTCOME_UNKNOWN");
    default:
      return unreachable(outcome);
  }
}
