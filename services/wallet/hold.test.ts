import { expect, test } from "bun:test";

import type { HoldState } from "@exchange/streams/contract";
import { holdStates } from "@exchange/streams/contract";

import type { ClientHold } from "./hold.ts";
import { decideHold, holdDeadline } from "./hold.ts";

const request = { requestHash: "aa", attempt: "mine" };

function rowIn(state: HoldState, change: Partial<ClientHold> = {}): ClientHold {
  return {
    holdId: 7,
    accountId: 1,
    market: "BTC-USD",
    clientOrderId: "one",
    requestHash: "aa",
    attempt: "mine",
    asset: "USD",
    amount: 10n,
    remaining: 0n,
    deadlineMs: 5000,
    state,
    ...change,
  };
}

function decisionFor(existing: ClientHold | undefined, available = 100n, isFrozen = false) {
  const verdict = decideHold(request, existing, { available, amount: 10n, isFrozen });
  return verdict.kind === "answer" ? verdict.decision : verdict.kind;
}

test("a new id holds what is there and is refused what is not", () => {
  expect(decisionFor(undefined, 10n)).toBe("hold");
  expect(decisionFor(undefined, 9n)).toBe("refuse");
});

test("a frozen account holds nothing new, and hears what became of what it held", () => {
  const frozen = { kind: "refused", code: "ACCOUNT_FROZEN" } as const;
  expect(decisionFor(undefined, 100n, true)).toEqual(frozen);
  expect(decisionFor(rowIn("LIVE"), 100n, true)).toMatchObject({ kind: "repeat", state: "LIVE" });
});

test("the attempt that made a pending hold, and no other, hears that it is held", () => {
  const held = { kind: "held", holdId: 7, deadlineMs: 5000 } as const;
  expect(decisionFor(rowIn("PENDING"))).toEqual(held);
  const other = rowIn("PENDING", { attempt: "another" });
  expect(decisionFor(other)).toEqual({ kind: "repeat", holdId: 7, state: "PENDING" });
});

test.each(["LIVE", "DONE", "REJECTED", "VOID"] as const)(
  "a hold that is %s is a repeat for every attempt",
  (state) => {
    const repeat = { kind: "repeat", holdId: 7, state } as const;
    expect(decisionFor(rowIn(state))).toEqual(repeat);
    expect(decisionFor(rowIn(state, { attempt: "another" }))).toEqual(repeat);
  },
);

test("a refusal is repeated, whatever money has come meanwhile", () => {
  const refused = { kind: "refused", code: "INSUFFICIENT_FUNDS" } as const;
  expect(decisionFor(rowIn("REFUSED"))).toEqual(refused);
  expect(decisionFor(rowIn("REFUSED", { attempt: "another" }))).toEqual(refused);
});

test.each(holdStates)("another order under the id of a hold that is %s is a conflict", (state) => {
  expect(decisionFor(rowIn(state, { requestHash: "bb" }))).toEqual({ kind: "conflict" });
});

test("a deadline lies 30 s behind the later of the wallet's clock and the log's", () => {
  expect(holdDeadline(1_000_000, 900_000)).toBe(1_030_000);
  expect(holdDeadline(900_000, 1_000_000)).toBe(1_030_000);
});
