/**
 * The withdrawal saga's states and what leads from one to the next. Pure: the worker, the bank's notices and an
 * operator all decide by this, over the row that they have locked.
 */

import { assert, unreachable } from "@exchange/streams/contract";

export const withdrawalStates = [
  "REQUESTED",
  /** Its money is in flight, and two operators have to agree. */
  "HELD",
  /** One of them has. */
  "CONFIRMED",
  "APPROVED",
  /** Its money is in flight and nobody was asked to pay it. */
  "RESERVED",
  /** The bank is being asked, or somebody died over it. */
  "SUBMITTING",
  /** The bank was asked, and it is not known what it did. */
  "UNKNOWN",
  /** The bank took it. */
  "SENT",
  /** The bank said for good that it does not pay. */
  "REJECTED",
  /** Paid. */
  "SETTLED",
  /** Not paid, and the money is its owner's again. */
  "RELEASED",
  /** Only a person can find out what became of it. */
  "MANUAL",
] as const;
export type WithdrawalState = (typeof withdrawalStates)[number];

/** Which states may follow. A last one has none. */
export const nextStates: Readonly<Record<WithdrawalState, readonly WithdrawalState[]>> = {
  REQUESTED: ["APPROVED", "HELD"],
  HELD: ["CONFIRMED", "REJECTED"],
  CONFIRMED: ["APPROVED", "REJECTED"],
  APPROVED: ["RESERVED"],
  RESERVED: ["SUBMITTING"],
  SUBMITTING: ["SENT", "UNKNOWN", "REJECTED"],
  UNKNOWN: ["SUBMITTING", "SENT", "REJECTED", "MANUAL"],
  SENT: ["SETTLED", "REJECTED"],
  REJECTED: ["RELEASED"],
  MANUAL: ["SENT", "REJECTED", "SETTLED", "RELEASED"],
  SETTLED: [],
  RELEASED: [],
};

/** What the rules need to know of a withdrawal. */
export interface Saga {
  readonly state: WithdrawalState;
  readonly attempt: number;
  readonly firstAttemptMs: number | null;
  readonly payoutId: string | null;
}

export interface SagaStep {
  readonly state: WithdrawalState;
  readonly attempt: number;
  readonly detail?: string;
}

/** Steps to write, and what the row is then. */
export interface Progress extends Omit<Saga, "state"> {
  readonly steps: readonly SagaStep[];
  /** When to look at it again; null when nobody has to. */
  readonly dueMs: number | null;
}

/** What the bank says of a payout. Everything but `unknown` is definite. */
export type BankWord =
  | { readonly kind: "accepted"; readonly payoutId: string }
  | { readonly kind: "executed"; readonly payoutId: string }
  | { readonly kind: "rejected"; readonly reason: string }
  | { readonly kind: "unknown"; readonly why: string };

/** How long things take, all of it in ms. */
export interface PayoutTiming {
  /** Of one call of the bank. */
  readonly callLimitMs: number;
  /** After which an attempt without an end is somebody else's: longer than a call. */
  readonly leaseMs: number;
  readonly retryFirstMs: number;
  readonly retryLastMs: number;
  /** Between two looks at a payout that the bank took. */
  readonly lookMs: number;
  /** How long after the first attempt the key is used. */
  readonly keyUseMs: number;
}

/** All times follow from how long a call may take and how long the bank remembers a key. */
export function createTiming(callLimitMs: number, keyLifeMs: number): PayoutTiming {
  return {
    callLimitMs,
    leaseMs: callLimitMs * 1.5,
    retryFirstMs: callLimitMs / 10,
    retryLastMs: callLimitMs * 12,
    lookMs: callLimitMs * 6,
    // The last call has to have reached the bank while it remembers, also by a clock that is a little off.
    keyUseMs: keyLifeMs - 2 * callLimitMs,
  };
}

export type BankCall = "submit" | "look";

export interface Claim {
  readonly progress: Progress;
  /** What to ask the bank once the progress is written. */
  readonly call?: BankCall;
}

/** What to do with a withdrawal that is due. */
export function decideClaim(saga: Saga, nowMs: number, timing: PayoutTiming): Claim {
  switch (saga.state) {
    case "RESERVED":
      return submit(saga, nowMs, timing);
    case "SUBMITTING": {
      // Whoever made the attempt is gone, and nobody knows how far the call came.
      const lost = stepTo(saga, { state: "UNKNOWN", detail: "worker-lost" });
      return again(saga, { nowMs, timing, before: [lost] });
    }
    case "UNKNOWN":
      return again(saga, { nowMs, timing, before: [] });
    case "SENT":
      return { progress: { ...saga, steps: [], dueMs: nowMs + timing.lookMs }, call: "look" };
    case "REQUESTED":
    case "HELD":
    case "CONFIRMED":
    case "APPROVED":
    case "REJECTED":
    case "SETTLED":
    case "RELEASED":
    case "MANUAL":
      throw new Error(`a withdrawal that is ${saga.state} is never due`);
    default:
      return unreachable(saga.state);
  }
}

interface Again {
  readonly nowMs: number;
  readonly timing: PayoutTiming;
  readonly before: readonly SagaStep[];
}

function again(saga: Saga, { nowMs, timing, before }: Again): Claim {
  const usedMs = nowMs - (saga.firstAttemptMs ?? nowMs);
  if (usedMs < timing.keyUseMs) {
    const { progress, call } = submit(saga, nowMs, timing);
    return { progress: { ...progress, steps: [...before, ...progress.steps] }, call };
  }
  const steps = [...before, stepTo(saga, { state: "MANUAL", detail: "key-life-over" })];
  return { progress: { ...saga, steps, dueMs: null } };
}

function submit(saga: Saga, nowMs: number, timing: PayoutTiming) {
  const attempt = saga.attempt + 1;
  const firstAttemptMs = saga.firstAttemptMs ?? nowMs;
  const steps: readonly SagaStep[] = [{ state: "SUBMITTING", attempt }];
  return {
    progress: { ...saga, steps, attempt, firstAttemptMs, dueMs: nowMs + timing.leaseMs },
    call: "submit",
  } as const;
}

/**
 * What the bank's word changes; undefined when it is no news. Throws when it contradicts what it said before, so
 * that nothing is written.
 */
export function decideWord(
  saga: Saga,
  word: BankWord,
  at: { readonly nowMs: number; readonly timing: PayoutTiming },
): Progress | undefined {
  switch (word.kind) {
    case "unknown":
      return decideUnknown(saga, word.why, at);
    case "accepted":
      return canBecome(saga, "SENT") ? take(saga, word.payoutId, at) : undefined;
    case "executed":
      return decideExecuted(saga, word.payoutId);
    case "rejected": {
      if (saga.state === "RELEASED") return undefined;
      assertNews(saga, "REJECTED", "the bank rejects it");
      const rejected = stepTo(saga, { state: "REJECTED", detail: word.reason });
      return { ...saga, steps: [rejected, stepTo(saga, { state: "RELEASED" })], dueMs: null };
    }
    default:
      return unreachable(word);
  }
}

function decideUnknown(
  saga: Saga,
  why: string,
  { nowMs, timing }: { readonly nowMs: number; readonly timing: PayoutTiming },
): Progress | undefined {
  if (saga.state !== "SUBMITTING") return undefined;
  const backOffMs = timing.retryFirstMs * 2 ** Math.min(saga.attempt - 1, 20);
  const dueMs = Math.round(nowMs + Math.min(backOffMs, timing.retryLastMs));
  return { ...saga, steps: [stepTo(saga, { state: "UNKNOWN", detail: why })], dueMs };
}

function decideExecuted(saga: Saga, payoutId: string): Progress | undefined {
  if (saga.state === "SETTLED") return undefined;
  if (saga.state !== "SENT") assertNews(saga, "SENT", "the bank paid it");
  const taken = saga.state === "SENT" ? [] : [stepTo(saga, { state: "SENT" })];
  const steps = [...taken, stepTo(saga, { state: "SETTLED" })];
  return { ...saga, steps, payoutId, dueMs: null };
}

function take(
  saga: Saga,
  payoutId: string,
  { nowMs, timing }: { readonly nowMs: number; readonly timing: PayoutTiming },
): Progress {
  const steps = [stepTo(saga, { state: "SENT" })];
  return { ...saga, steps, payoutId, dueMs: nowMs + timing.lookMs };
}

/** What an operator found out about a withdrawal that nobody else could. */
export function decideResolution(
  saga: Saga,
  resolution: { readonly paid: boolean; readonly reason: string },
): Progress | undefined {
  if (saga.state !== "MANUAL") return undefined;
  const state = resolution.paid ? "SETTLED" : "RELEASED";
  return { ...saga, steps: [stepTo(saga, { state, detail: resolution.reason })], dueMs: null };
}

export interface Approval {
  readonly approve: boolean;
  /** `operator:<name>`. */
  readonly actor: string;
  /** Who agreed first; undefined when nobody has, as far as is known. */
  readonly confirmedBy: string | undefined;
  readonly reason: string;
  readonly nowMs: number;
}

export type ApprovalDecision =
  | { readonly kind: "decided"; readonly progress: Progress }
  /** For people. */
  | { readonly kind: "not-done"; readonly why: string };

/** What an operator says of a withdrawal that waits for two of them. */
export function decideApproval(saga: Saga, approval: Approval): ApprovalDecision {
  const { approve, actor, confirmedBy, reason, nowMs } = approval;
  const decided = (states: readonly WithdrawalState[], dueMs: number | null): ApprovalDecision => {
    const steps = states.map((state) => stepTo(saga, { state, detail: reason }));
    return { kind: "decided", progress: { ...saga, steps, dueMs } };
  };
  if (saga.state !== "HELD" && saga.state !== "CONFIRMED") {
    return { kind: "not-done", why: `it is ${saga.state}, and waits for no operator` };
  }
  if (!approve) return decided(["REJECTED", "RELEASED"], null);
  if (saga.state === "HELD") return decided(["CONFIRMED"], null);
  if (confirmedBy === undefined) {
    return { kind: "not-done", why: "somebody agreed at the same moment; say it again" };
  }
  // Names that differ in case are one person's.
  if (confirmedBy.toLowerCase() === actor.toLowerCase()) {
    return { kind: "not-done", why: "the second one has to be somebody else" };
  }
  return decided(["APPROVED", "RESERVED"], nowMs);
}

/** The bank said one thing and now says the other: somebody has to look before money moves. */
export class BankContradiction extends Error {}

function assertNews(saga: Saga, state: WithdrawalState, what: string): void {
  if (!canBecome(saga, state)) {
    throw new BankContradiction(`${what}, and the withdrawal is ${saga.state}`);
  }
}

function canBecome(saga: Saga, state: WithdrawalState): boolean {
  return nextStates[saga.state].includes(state);
}

function stepTo({ attempt }: Saga, step: Omit<SagaStep, "attempt">): SagaStep {
  return { attempt, ...step };
}

/** Throws unless each step may follow the one before. Returns the last state. */
export function assertSteps(from: WithdrawalState, steps: readonly SagaStep[]): WithdrawalState {
  let state = from;
  for (const step of steps) {
    assert(nextStates[state].includes(step.state), `${step.state} may not follow ${state}`);
    ({ state } = step);
  }
  return state;
}
