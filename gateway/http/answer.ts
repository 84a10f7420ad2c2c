/** What a handler decides, before it becomes a response. */

import type { ServiceOutcome } from "../deps.ts";
import type { FieldError } from "./field-error.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { isProblemCode } from "./problem-codes.ts";

export interface Success {
  readonly kind: "success";
  readonly status: number;
  /** JSON; undefined for an empty body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Problem {
  readonly kind: "problem";
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** Further members of the problem document. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A body that is not JSON: pages, keys, plain text. */
export interface Content {
  readonly kind: "content";
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A body that is made while it is read. */
export interface Flow {
  readonly kind: "flow";
  readonly status: number;
  readonly stream: ReadableStream<Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
}

export type Answer = Success | Problem | Content | Flow;

export function success(
  status: number,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
): Success {
  return { kind: "success", status, body, ...(headers === undefined ? {} : { headers }) };
}

export function problem(code: ProblemCode, rest: Omit<Problem, "kind" | "code"> = {}): Problem {
  return { kind: "problem", code, ...rest };
}

/** A code of its own when all errors share one that says more than "validation failed". */
export function invalid(errors: readonly FieldError[]): Problem {
  const [first] = errors;
  const code = first?.code;
  if (
    (code === "UNKNOWN_MARKET" || code === "UNKNOWN_ASSET") &&
    errors.every((error) => error.code === code)
  ) {
    return problem(code, { errors });
  }
  return problem("VALIDATION_FAILED", { errors });
}

/** Whether asking again, when there was no reply, could do something twice. */
export type Effect = "read" | "write";

type NoValue = Exclude<ServiceOutcome<never>, { readonly kind: "ok" }>;

/**
 * The problem a service's refusal or silence is. A read that got no reply did nothing; of a write
 * that got none it is not known. Throws on a code that no client was told about.
 */
export function refusal(outcome: NoValue, effect: Effect): Problem {
  if (outcome.kind === "failed") {
    if (outcome.failure === "out of reach") return problem("HUB_UNREACHABLE");
    return problem(
      outcome.failure === "unknown" && effect === "write" ? "OUTCOME_UNKNOWN" : "UNAVAILABLE",
    );
  }
  if (!isProblemCode(outcome.code)) {
    throw new Error(`a service refused with ${outcome.code}, which has no status`);
  }
  return problem(outcome.code, outcome.detail === undefined ? {} : { detail: outcome.detail });
}

/** As `answerWith`, for a write that is done once under an id: a problem that leaves it open names the id. */
export function answerRepeatable<Value>(
  outcome: ServiceOutcome<Value>,
  repeatable: Readonly<Record<string, unknown>>,
  toAnswer: (value: Value) => Answer,
): Answer {
  const answer = answerWith(outcome, "write", toAnswer);
  return answer.kind === "problem" && answer.code === "OUTCOME_UNKNOWN"
    ? { ...answer, members: repeatable }
    : answer;
}

/** Turns the value of an outcome into an answer, and everything else into its problem. */
export function answerWith<Value>(
  outcome: ServiceOutcome<Value>,
  effect: Effect,
  toAnswer: (value: Value) => Answer,
): Answer {
  return outcome.kind === "ok" ? toAnswer(outcome.value) : refusal(outcome, effect);
}
