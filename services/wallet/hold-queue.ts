/**
 * Group commit for holds: what arrives while a transaction is in flight goes into the next one together, from
 * however many messages. One transaction at a time.
 */

import { isMysqlAway } from "@exchange/store";
import type { HoldDecision, HoldRequest } from "@exchange/streams/contract";
import { HOLD_GIVE_UP_MS } from "@exchange/streams/contract";
import { inTraces, tracesInHand } from "@exchange/streams/runtime";

import type { LedgerBalance } from "./ledger.ts";
import type { WalletMetrics } from "./metrics.ts";
import type { Patience } from "./patience.ts";
import type { PlaceHoldsDeps } from "./place-holds.ts";
import { placeHolds } from "./place-holds.ts";

/** Requests of one transaction, unless one message alone has more. */
const BATCH_REQUESTS_MAX = 500;
/** Requests that may wait; more is load that the order service should have shed. */
const WAITING_REQUESTS_MAX = 20_000;

export interface HoldQueueDeps extends PlaceHoldsDeps {
  readonly patience: Patience;
  readonly metrics: WalletMetrics;
  /** Called after each commit. */
  readonly onChanged: (changed: readonly LedgerBalance[]) => void;
  /** Called when a batch broke a rule of the ledger. */
  readonly fail: (error: unknown) => void;
}

export interface HoldQueue {
  /**
   * One decision a request, in the same order. Undefined when too many wait already, and when they waited for so
   * long that nobody does any more: money held for a request that was given up is locked until its deadline.
   */
  hold(requests: readonly HoldRequest[]): Promise<readonly HoldDecision[] | undefined>;
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
}

interface Waiting {
  readonly requests: readonly HoldRequest[];
  readonly arrivedMs: number;
  /** Of the message. */
  readonly traces: readonly string[];
  readonly resolve: (decisions: readonly HoldDecision[] | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export function createHoldQueue(deps: HoldQueueDeps): HoldQueue {
  let waiting: Waiting[] = [];
  let depth = 0;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    // What this turn of the event loop brings goes into the first batch together.
    await Promise.resolve();
    while (waiting.length > 0) {
      const { batch, late } = takeBatch(waiting, performance.now() - HOLD_GIVE_UP_MS);
      waiting = waiting.slice(batch.length + late.length);
      for (const one of late) one.resolve(undefined);
      const traces = batch.flatMap((one) => one.traces);
      if (batch.length > 0) await inTraces(traces, () => answerBatch(deps, batch));
      for (const { requests } of [...late, ...batch]) depth -= requests.length;
    }
    running = undefined;
  }

  return {
    async hold(requests) {
      if (requests.length === 0) return [];
      if (depth + requests.length > WAITING_REQUESTS_MAX) return undefined;
      depth += requests.length;
      return await new Promise((resolve, reject) => {
        const arrivedMs = performance.now();
        waiting.push({ requests, arrivedMs, traces: tracesInHand(), resolve, reject });
        running ??= run();
      });
    },
    async drained() {
      await running;
    },
  };
}

interface Taken {
  readonly batch: readonly Waiting[];
  /** Those that stood before it and arrived before the limit. */
  readonly late: readonly Waiting[];
}

function takeBatch(waiting: readonly Waiting[], arrivedAfterMs: number): Taken {
  const batch: Waiting[] = [];
  const late: Waiting[] = [];
  let size = 0;
  for (const one of waiting) {
    if (one.arrivedMs < arrivedAfterMs) {
      late.push(one);
      continue;
    }
    if (batch.length > 0 && size + one.requests.length > BATCH_REQUESTS_MAX) break;
    batch.push(one);
    size += one.requests.length;
  }
  return { batch, late };
}

/** Never throws: each message gets its decisions, or the failure. */
async function answerBatch(deps: HoldQueueDeps, batch: readonly Waiting[]): Promise<void> {
  const requests = batch.flatMap((one) => one.requests);
  try {
    const { decisions, changed } = await deps.patience.retry(
      async () => await placeHolds(deps, requests),
      { limitMs: HOLD_GIVE_UP_MS },
    );
    let start = 0;
    const nowMs = performance.now();
    for (const one of batch) {
      one.resolve(decisions.slice(start, start + one.requests.length));
      start += one.requests.length;
      deps.metrics.holdSeconds.observe((nowMs - one.arrivedMs) / 1000);
    }
    deps.metrics.holdBatchSize.observe(requests.length);
    countDecisions(deps.metrics, decisions);
    deps.onChanged(changed);
  } catch (error) {
    for (const one of batch) one.reject(error);
    // Requests are well-formed and the rows were locked: what the database refuses now is a broken invariant.
    if (!isMysqlAway(error)) deps.fail(error);
  }
}

function countDecisions(
  { holdDecisions }: WalletMetrics,
  decisions: readonly HoldDecision[],
): void {
  const counts = new Map<HoldDecision["kind"], number>();
  for (const { kind } of decisions) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const [kind, count] of counts) holdDecisions.inc({ kind }, count);
}
