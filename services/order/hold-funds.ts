/**
 * Setting money aside before an order exists. Requests are gathered into one message to the wallet, and
 * an unknown outcome is asked again with the same attempts: the wallet knows them, so nothing is held
 * twice. Unknown is never taken for held.
 */

import type { HoldDecision, HoldRequest } from "@exchange/streams/contract";
import { HOLD_GIVE_UP_MS } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import { request, RequestError } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { gather } from "./gather.ts";
import { holdFunds } from "./wallet-endpoints.ts";

/** Holds in one message; the wallet decides them in one transaction. */
const HOLDS_PER_BATCH_MAX = 256;
/** Long enough for a busy wallet's transaction, short enough to find out soon that it died. */
const ASK_TIMEOUT_MS = 1500;
const RETRY_DELAY_MS = 50;
export type HoldOutcome =
  | HoldDecision
  /** Nothing is held: the wallet refused the whole batch (CLOCK_SKEW, OVERLOADED) or was not there (UNAVAILABLE). */
  | { readonly kind: "declined"; readonly code: string }
  /** Held or not: nobody may append for this attempt any more. */
  | { readonly kind: "unknown" };

export interface HoldItem {
  readonly hold: HoldRequest;
  readonly traceparent: string | undefined;
}

export interface HoldDeps {
  readonly connection: NatsConnection;
  /** Called after each request that had no reply; for metrics and logs. */
  readonly onRetry: (error: unknown) => void;
  /** Holds that went in one message, for metrics. */
  readonly onBatch: (size: number) => void;
}

export type HoldFunds = (item: HoldItem) => Promise<HoldOutcome>;

export function createHoldFunds(deps: HoldDeps): HoldFunds {
  return gather({ groupMax: HOLDS_PER_BATCH_MAX, ask: (group) => askUntilKnown(deps, group) });
}

async function askUntilKnown(
  deps: HoldDeps,
  group: readonly HoldItem[],
): Promise<readonly HoldOutcome[]> {
  const giveUpAtMs = performance.now() + HOLD_GIVE_UP_MS;
  let mayBeHeld = false;
  /** What the wallet says of one message says nothing of an earlier one that it may still have taken. */
  const decline = (code: string): HoldOutcome =>
    mayBeHeld ? { kind: "unknown" } : { kind: "declined", code };
  for (;;) {
    try {
      const reply = await askOnce(deps, group);
      deps.onBatch(group.length);
      if (reply.kind === "ok") return reply.value.decisions;
      return group.map(() => decline(reply.code));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      mayBeHeld ||= error.failure === "unknown";
      deps.onRetry(error);
      if (performance.now() + RETRY_DELAY_MS > giveUpAtMs) {
        return group.map(() => decline("UNAVAILABLE"));
      }
      await Bun.sleep(RETRY_DELAY_MS);
    }
  }
}

async function askOnce(
  { connection }: HoldDeps,
  group: readonly HoldItem[],
): Promise<Reply<{ readonly decisions: readonly HoldDecision[] }>> {
  return await request(connection, {
    endpoint: holdFunds,
    body: { v: 1, holds: group.map((item) => item.hold) },
    timeoutMs: ASK_TIMEOUT_MS,
    // One message carries one trace; the others' holds show as the gap between their own spans.
    traceparent: group.find((item) => item.traceparent !== undefined)?.traceparent,
  });
}
