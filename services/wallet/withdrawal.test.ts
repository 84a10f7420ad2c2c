import { expect, test } from "bun:test";

import type { Approval, BankWord, Saga } from "./withdrawal.ts";
import {
  assertSteps,
  BankContradiction,
  createTiming,
  decideApproval,
  decideClaim,
  decideResolution,
  decideWord,
} from "./withdrawal.ts";

const DAY_MS = 86_400_000;
const timing = createTiming(5000, DAY_MS);
const NOW_MS = 1_000_000_000;
const at = { nowMs: NOW_MS, timing };

function saga(state: Saga["state"], rest: Partial<Saga> = {}): Saga {
  return { state, attempt: 1, firstAttemptMs: NOW_MS - 1000, payoutId: null, ...rest };
}

function statesOf(steps: readonly { readonly state: string }[] | undefined): string {
  return steps?.map(({ state }) => state).join(" ") ?? "nothing";
}

test("with the usual limits a killed worker's withdrawal is taken up within 10 s, after its call has ended", () => {
  expect(timing.leaseMs + 500).toBeLessThanOrEqual(10_000);
  expect(timing.leaseMs).toBeGreaterThan(timing.callLimitMs);
});

test.each([
  ["reserved", saga("RESERVED", { attempt: 0, firstAttemptMs: null }), "SUBMITTING", 1],
  ["unknown", saga("UNKNOWN"), "SUBMITTING", 2],
  ["left by a dead worker", saga("SUBMITTING"), "UNKNOWN SUBMITTING", 2],
] as const)("what is %s is asked for, and the attempt counts", (_, found, states, attempt) => {
  const { progress, call } = decideClaim(found, NOW_MS, timing);
  expect([statesOf(progress.steps), progress.attempt, call]).toEqual([states, attempt, "submit"]);
  expect(progress.dueMs).toBe(NOW_MS + timing.leaseMs);
  expect(progress.firstAttemptMs).toBe(found.firstAttemptMs ?? NOW_MS);
  expect(assertSteps(found.state, progress.steps)).toBe("SUBMITTING");
});

test.each([
  ["UNKNOWN", "MANUAL"],
  ["SUBMITTING", "UNKNOWN MANUAL"],
] as const)("past the key's life what is %s is nobody's to try again", (state, states) => {
  const found = saga(state, { firstAttemptMs: NOW_MS - DAY_MS + 2 * timing.callLimitMs });
  const { progress, call } = decideClaim(found, NOW_MS, timing);
  expect([statesOf(progress.steps), progress.dueMs, call]).toEqual([states, null, undefined]);
  expect(progress.attempt).toBe(found.attempt);
});

test("a call that starts in the last moment of a key's use ends while the bank remembers it", () => {
  const usedMs = timing.keyUseMs - 1;
  const found = saga("UNKNOWN", { firstAttemptMs: NOW_MS - usedMs });
  expect(decideClaim(found, NOW_MS, timing).call).toBe("submit");
  expect(usedMs + timing.callLimitMs).toBeLessThan(DAY_MS);
});

const approving = { approve: true, actor: "operator:ada", confirmedBy: undefined, reason: "seen" };

test.each([
  ["HELD", {}, "CONFIRMED"],
  ["CONFIRMED", { confirmedBy: "operator:bob" }, "APPROVED RESERVED"],
  ["CONFIRMED", { confirmedBy: "operator:Ada" }, "not-done"],
  ["CONFIRMED", {}, "not-done"],
  ["RESERVED", {}, "not-done"],
  ["HELD", { approve: false }, "REJECTED RELEASED"],
  ["CONFIRMED", { approve: false, confirmedBy: "operator:ada" }, "REJECTED RELEASED"],
  ["SENT", { approve: false }, "not-done"],
] satisfies readonly [Saga["state"], Partial<Approval>, string][])(
  "an operator says of what is %s %j: %s",
  (state, said, outcome) => {
    const held = saga(state, { attempt: 0, firstAttemptMs: null });
    const decision = decideApproval(held, { ...approving, nowMs: NOW_MS, ...said });
    const progress = decision.kind === "decided" ? decision.progress : undefined;
    expect(progress === undefined ? "not-done" : statesOf(progress.steps)).toBe(outcome);
    if (progress === undefined) return;
    const last = assertSteps(state, progress.steps);
    expect(progress.dueMs).toBe(last === "RESERVED" ? NOW_MS : null);
  },
);

test("what the bank took is only looked at", () => {
  const { progress, call } = decideClaim(saga("SENT", { payoutId: "p-1" }), NOW_MS, timing);
  expect([statesOf(progress.steps), call]).toEqual(["", "look"]);
});

const executed: BankWord = { kind: "executed", payoutId: "p-1" };
const accepted: BankWord = { kind: "accepted", payoutId: "p-1" };
const rejected: BankWord = { kind: "rejected", reason: "no such account" };
const unknown: BankWord = { kind: "unknown", why: "TimeoutError" };

test.each([
  ["SUBMITTING", accepted, "SENT"],
  ["SUBMITTING", executed, "SENT SETTLED"],
  ["SUBMITTING", rejected, "REJECTED RELEASED"],
  ["SUBMITTING", unknown, "UNKNOWN"],
  ["UNKNOWN", accepted, "SENT"],
  ["UNKNOWN", executed, "SENT SETTLED"],
  ["UNKNOWN", rejected, "REJECTED RELEASED"],
  ["UNKNOWN", unknown, "nothing"],
  ["SENT", accepted, "nothing"],
  ["SENT", executed, "SETTLED"],
  ["SENT", rejected, "REJECTED RELEASED"],
  ["SENT", unknown, "nothing"],
  ["MANUAL", accepted, "SENT"],
  ["MANUAL", executed, "SENT SETTLED"],
  ["MANUAL", rejected, "REJECTED RELEASED"],
  ["MANUAL", unknown, "nothing"],
  ["SETTLED", accepted, "nothing"],
  ["SETTLED", executed, "nothing"],
  ["SETTLED", unknown, "nothing"],
  ["RELEASED", accepted, "nothing"],
  ["RELEASED", rejected, "nothing"],
] as const)("%s, and the bank says %p: %s", (state, word, states) => {
  const progress = decideWord(saga(state), word, at);
  expect(statesOf(progress?.steps)).toBe(states);
  if (progress !== undefined) assertSteps(state, progress.steps);
});

test.each([
  ["SETTLED", rejected],
  ["RELEASED", executed],
  ["RESERVED", executed],
  ["RESERVED", rejected],
] as const)("%s, and the bank says %p: that cannot be, and nothing moves", (state, word) => {
  expect(() => decideWord(saga(state), word, at)).toThrow(BankContradiction);
});

test("the rests between attempts grow up to a limit", () => {
  const rests = [1, 2, 3, 50].map(
    (attempt) => (decideWord(saga("SUBMITTING", { attempt }), unknown, at)?.dueMs ?? 0) - NOW_MS,
  );
  expect(rests).toEqual([500, 1000, 2000, 60_000]);
});

test("an operator resolves only what is manual", () => {
  const reason = "the bank found it";
  expect(statesOf(decideResolution(saga("MANUAL"), { paid: true, reason })?.steps)).toBe("SETTLED");
  expect(statesOf(decideResolution(saga("MANUAL"), { paid: false, reason })?.steps)).toBe(
    "RELEASED",
  );
  expect(decideResolution(saga("UNKNOWN"), { paid: false, reason })).toBeUndefined();
});
