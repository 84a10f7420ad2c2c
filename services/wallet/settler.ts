/**
 * The settlement of one market, one transaction at a time: frames as they come, overdue holds as they are found, and a
 * tick when the engine's clock stands still before something that is due.
 */

import type { Market, MarketId } from "@exchange/streams/contract";
import type { Telemetry } from "@exchange/streams/runtime";
import { inTraces } from "@exchange/streams/runtime";

import type { Ticked } from "./append-tick.ts";
import type { NumberedFrame, SettlementCursor } from "./cursor.ts";
import { unsettled } from "./cursor.ts";
import { createFramePacer } from "./frame-pacer.ts";
import { readOverdue } from "./hold-groups.ts";
import type { Hold } from "./hold.ts";
import type { LedgerBalance } from "./ledger.ts";
import type { WalletMetrics } from "./metrics.ts";
import type { Patience } from "./patience.ts";
import type { SettleDeps, SettleInput } from "./settle-frames.ts";
import { settleFrames } from "./settle-frames.ts";
import type { TickAttempt } from "./tick.ts";
import { isTickWanted } from "./tick.ts";

/** Overdue holds that one transaction releases. */
const VOIDS_MAX = 500;

export interface SettlerDeps extends SettleDeps {
  readonly patience: Patience;
  readonly metrics: WalletMetrics;
  readonly startSpan: Telemetry["startSpan"];
  readonly appendTick: (market: Market, cursor: SettlementCursor) => Promise<Ticked>;
  /** What the last settled frame says is due; undefined when it says nothing. Rejects while the log is away. */
  readonly readDueMs: (cursor: SettlementCursor) => Promise<number | undefined>;
  /** Called after each commit. */
  readonly onChanged: (changed: readonly LedgerBalance[]) => void;
  readonly nowMs: () => number;
  /** The time by the log's clock, as well as this process knows it. */
  readonly logTimeMs: () => number;
  readonly signal: AbortSignal;
}

export interface Settler {
  readonly cursor: SettlementCursor;
  /** Settles the frames in order, skipping those that are settled already. */
  settle(frames: readonly NumberedFrame[]): Promise<void>;
  /** Looks for overdue holds, and releases those whose deadlines the cursor's time has passed. */
  scan(): Promise<void>;
  /** Appends a tick if something is due and nothing else brings the time. */
  tick(): Promise<void>;
}

/** Of one transaction: frames, or what is released without any. */
type Work = Partial<Pick<SettleInput, "frames" | "overdue">>;

/** What the frame at this sequence says is due. */
interface KnownDue {
  readonly sequence: number;
  readonly dueMs: number | undefined;
}

export function createSettler(deps: SettlerDeps, market: Market, from: SettlementCursor): Settler {
  // Another wallet may have settled until now.
  deps.holdMemory.clear();
  const pacer = createFramePacer();
  let cursor = from;
  let due: KnownDue | undefined;
  /** Earliest deadline of a pending hold that is past by the log's clock, when it was last looked for. */
  let deadlineMs: number | undefined;
  let attempt: TickAttempt | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** The scan and the follower share the cursor, so they take turns. */
  async function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return await turn;
  }

  async function commit({ frames = [], overdue = [] }: Work): Promise<void> {
    const traces = frames.flatMap(({ frame }) => Object.values(frame.traces ?? {}));
    const spans = traces.map((trace) => deps.startSpan("wallet.settle", trace));
    const startedMs = performance.now();
    const settled = await inTraces(traces, () =>
      deps.patience.retry(
        async () => await settleFrames(deps, { market, cursor, frames, overdue }),
        { signal: deps.signal },
      ),
    );
    const tookMs = performance.now() - startedMs;
    for (const span of spans) span?.end();
    ({ cursor } = settled);
    if (settled.kind === "moved") return;
    due = dueAfter(frames, cursor) ?? due;
    const events = frames.reduce((sum, { frame }) => sum + frame.events.length, 0);
    if (events > 0) pacer.observe({ events, tookMs });
    observe(deps, market.market, { events, tookMs, voided: settled.voided, cursor });
    deps.onChanged(settled.changed);
  }

  async function settleAll(frames: readonly NumberedFrame[]): Promise<void> {
    let left = unsettled(frames, cursor);
    while (left.length > 0 && !deps.signal.aborted) {
      await commit({ frames: pacer.take(left) });
      left = unsettled(left, cursor);
    }
  }

  async function release(overdue: readonly Hold[]): Promise<void> {
    const passed = overdue.filter((hold) => hold.deadlineMs < cursor.timeMs);
    for (let start = 0; start < passed.length && !deps.signal.aborted; start += VOIDS_MAX) {
      await commit({ overdue: passed.slice(start, start + VOIDS_MAX) });
    }
  }

  return {
    get cursor() {
      return cursor;
    },
    settle: async (frames) => await inTurn(async () => await settleAll(frames)),
    async scan() {
      const timeMs = Math.max(cursor.timeMs, deps.logTimeMs());
      const overdue = await findOverdue(deps, { market: market.market, timeMs });
      deadlineMs = earliestDeadline(overdue);
      await inTurn(async () => await release(overdue));
    },
    async tick() {
      if (due?.sequence !== cursor.sequence) due = await readDue(deps, cursor);
      if (due === undefined) return;
      const { dueMs } = due;
      const needs = { dueMs, deadlineMs, cursor, logTimeMs: deps.logTimeMs() };
      if (!isTickWanted(needs, attempt)) return;
      attempt = { sequence: cursor.sequence, logTimeMs: needs.logTimeMs };
      const ticked = await deps.appendTick(market, cursor);
      if (ticked === "appended") deps.metrics.ticks.inc({ market: market.market });
    },
  };
}

/** A frame says at its end what is due after it. */
function dueAfter(
  frames: readonly NumberedFrame[],
  { sequence, inFrame }: SettlementCursor,
): KnownDue | undefined {
  const last = frames.at(-1);
  return last === undefined || inFrame ? undefined : { sequence, dueMs: last.frame.dueMs };
}

/** After a start, and where another wallet settled. Undefined while the log does not answer. */
async function readDue(
  { readDueMs }: SettlerDeps,
  cursor: SettlementCursor,
): Promise<KnownDue | undefined> {
  try {
    return { sequence: cursor.sequence, dueMs: await readDueMs(cursor) };
  } catch {
    return undefined;
  }
}

interface Transaction {
  readonly events: number;
  readonly tookMs: number;
  readonly voided: number;
  readonly cursor: SettlementCursor;
}

function observe(
  { metrics, nowMs }: SettlerDeps,
  market: MarketId,
  { events, tookMs, voided, cursor }: Transaction,
): void {
  metrics.settlementSeconds.observe({ market }, tookMs / 1000);
  metrics.settledEvents.inc({ market }, events);
  metrics.voidedHolds.inc({ market }, voided);
  if (events > 0) {
    metrics.settlementDelaySeconds.set({ market }, Math.max(0, nowMs() - cursor.timeMs) / 1000);
  }
}

async function findOverdue(
  { db, metrics, nowMs, patience, signal }: SettlerDeps,
  due: { readonly market: MarketId; readonly timeMs: number },
): Promise<readonly Hold[]> {
  const overdue = await patience.retry(async () => await readOverdue(db, due), { signal });
  const deadlineMs = earliestDeadline(overdue) ?? Number.POSITIVE_INFINITY;
  const { market } = due;
  metrics.overdueHolds.set({ market }, overdue.length);
  metrics.pendingHoldOverdueSeconds.set({ market }, Math.max(0, nowMs() - deadlineMs) / 1000);
  return overdue;
}

function earliestDeadline([first, ...others]: readonly Hold[]): number | undefined {
  if (first === undefined) return undefined;
  return others.reduce((earliest, hold) => Math.min(earliest, hold.deadlineMs), first.deadlineMs);
}
