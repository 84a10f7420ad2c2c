/** What it is to make one part of a request bad. */

import type { WireRequest } from "./ask.ts";
import type { Draft } from "./draft.ts";

export interface BadRequest {
  /** What is bad about it. */
  readonly label: string;
  readonly request: WireRequest;
  /** Any of them refuses it properly. */
  readonly codes: readonly string[];
}

export type Spoil = (draft: Draft, token: string) => BadRequest;

export const fieldCodes = [
  "VALIDATION_FAILED",
  "UNKNOWN_MARKET",
  "UNKNOWN_ASSET",
  "UNKNOWN_ORDER",
  "UNKNOWN_SESSION",
  "UNKNOWN_ACCOUNT",
  "UNKNOWN_API_KEY",
  "NOT_FOUND",
  "TOO_PRECISE",
  "INVALID_CREDENTIALS",
  "TOO_MANY_ATTEMPTS",
  "INVALID_REFRESH_TOKEN",
  "INVALID_PASSKEY",
  "UNKNOWN_PASSKEY",
] as const;
