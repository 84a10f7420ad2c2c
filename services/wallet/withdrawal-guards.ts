/** Whether a withdrawal may be made, by who asks for it and what the account and the operators have set. Pure. */

import type { Asker } from "./api.ts";

export interface GuardSettings {
  /** Between adding an address and paying to it; 0: money may go anywhere. */
  readonly addressWaitMs: number;
  /** After the password or the second factor was changed. */
  readonly freezeMs: number;
  /** A login that is older is none. */
  readonly loginAgeMaxMs: number;
  /** Whether a user without a second factor may withdraw nothing, by an API key neither. */
  readonly needsFactor: boolean;
}

export interface GuardFacts {
  readonly nowMs: number;
  readonly units: bigint;
  /** Undefined when the gateway does not say, which counts as nobody in particular. */
  readonly asker: Asker | undefined;
  /** When the address may be paid to; undefined when it is not in the account's book. */
  readonly addressUsableMs: number | undefined;
  /** What the account has withdrawn of the asset within the last 24 h. */
  readonly dayUnits: bigint;
  readonly dayMax: bigint | undefined;
  readonly approvalAbove: bigint | undefined;
}

export type GuardDecision =
  | { readonly kind: "passed"; readonly needsApproval: boolean }
  | { readonly kind: "refused"; readonly code: GuardCode };

type GuardCode =
  | "WITHDRAWALS_FROZEN"
  | "LOGIN_TOO_OLD"
  | "TOTP_REQUIRED"
  | "INVALID_TOTP"
  | "TOO_MANY_ATTEMPTS"
  | "SECOND_FACTOR_NEEDED"
  | "API_KEY_TOO_OLD"
  | "ADDRESS_NOT_IN_BOOK"
  | "ADDRESS_WAITING"
  | "DAY_LIMIT";

export function decideGuards(settings: GuardSettings, facts: GuardFacts): GuardDecision {
  const { units, dayUnits, dayMax, approvalAbove } = facts;
  const code = askerProblem(settings, facts) ?? addressProblem(settings, facts);
  if (code !== undefined) return { kind: "refused", code };
  if (dayMax !== undefined && dayUnits + units > dayMax) {
    return { kind: "refused", code: "DAY_LIMIT" };
  }
  return { kind: "passed", needsApproval: approvalAbove !== undefined && units > approvalAbove };
}

function askerProblem(
  { freezeMs, loginAgeMaxMs, needsFactor }: GuardSettings,
  { nowMs, asker }: GuardFacts,
): GuardCode | undefined {
  if (asker === undefined) return "TOTP_REQUIRED";
  const { factor, loggedInMs, changedMs } = asker;
  if (nowMs < changedMs + freezeMs) return "WITHDRAWALS_FROZEN";
  const isKey = loggedInMs === undefined;
  if (!isKey && nowMs > loggedInMs + loginAgeMaxMs) return "LOGIN_TOO_OLD";
  switch (factor) {
    case "none":
      return needsFactor ? "SECOND_FACTOR_NEEDED" : undefined;
    case "passed":
      return undefined;
    case "missing":
      // A key signs each request and brings no code: the one that it was made with counts.
      return isKey ? "API_KEY_TOO_OLD" : "TOTP_REQUIRED";
    case "wrong":
      return "INVALID_TOTP";
    case "locked":
      return "TOO_MANY_ATTEMPTS";
  }
}

function addressProblem(
  { addressWaitMs }: GuardSettings,
  { nowMs, addressUsableMs }: GuardFacts,
): GuardCode | undefined {
  if (addressWaitMs === 0) return undefined;
  if (addressUsableMs === undefined) return "ADDRESS_NOT_IN_BOOK";
  return nowMs < addressUsableMs ? "ADDRESS_WAITING" : undefined;
}
