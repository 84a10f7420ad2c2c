/**
 * Tying an order to its session. An order that comes after the last cancel of its session would stay for ever, so
 * that whoever ties one asks the table first and is on his way soon after: `FINAL_CANCEL_AFTER_MS` builds on it.
 */

import type { PlaceOrder } from "@exchange/streams/contract";

import type { PlaceRequest, SessionKey } from "./api.ts";
import { gather } from "./gather.ts";
import { areOpen } from "./session-store.ts";
import type { Db } from "./tables.ts";

const QUESTIONS_PER_STATEMENT_MAX = 128;
/** From asking the table to handing the command to the log. The hold is made in between. */
export const TIE_GOOD_MS = 5000;

/** The same of an API key: whoever ends one waits for it. An append that is tried again comes later, before the final cancel. */
const KEY_TIE_GOOD_MS = 1000;

export type IsOpen = (session: SessionKey) => Promise<boolean>;

export function createIsOpen(db: Db): IsOpen {
  return gather({
    groupMax: QUESTIONS_PER_STATEMENT_MAX,
    ask: (sessions) => areOpen(db, sessions),
  });
}

type Tied = Pick<PlaceRequest, "accountId" | "sessionId" | "keyNumber">;

/** What the order's command carries: an order has a key or a session, never both, and only a key has a limit. */
export function tieOf({
  sessionId,
  keyNumber,
  keyOrdersMax,
}: Pick<PlaceRequest, "sessionId" | "keyNumber" | "keyOrdersMax">): Pick<
  PlaceOrder,
  "sessionId" | "sessionOrdersMax"
> {
  const tie = keyNumber ?? sessionId;
  if (tie === undefined) return {};
  return {
    sessionId: tie,
    ...(keyOrdersMax === undefined ? {} : { sessionOrdersMax: keyOrdersMax }),
  };
}

/** Until when the order may be appended, by `performance.now()`; for ever without a session. */
export async function tieToSession(
  { isSessionOpen }: { readonly isSessionOpen: IsOpen },
  { accountId, sessionId, keyNumber }: Tied,
): Promise<number | "SESSION_NOT_OPEN"> {
  // The gateway saw to it that the key is alive.
  if (keyNumber !== undefined) return performance.now() + KEY_TIE_GOOD_MS;
  if (sessionId === undefined) return Number.POSITIVE_INFINITY;
  const untilMs = performance.now() + TIE_GOOD_MS;
  return (await isSessionOpen({ accountId, sessionId })) ? untilMs : "SESSION_NOT_OPEN";
}
