/**
 * Watches the live ledger: all balances of an asset sum to zero, and so does each new entry, which is what its balance
 * says. A breach halts withdrawals for good, raises an alarm, and names the first bad posting.
 */

import type { Lease } from "@exchange/streams/runtime";
import { campaignForLease } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { findBadPosting } from "./find-bad-posting.ts";
import type { WalletMetrics } from "./metrics.ts";
import type { Patience } from "./patience.ts";
import type { BadTransaction, IdBlock, IdRange } from "./solvency-checks.ts";
import {
  forgetBlock,
  pagesOf,
  readBadTransactions,
  readBlocks,
  readImbalances,
  readNewestIds,
} from "./solvency-checks.ts";
import type { Db } from "./tables.ts";
import { isHaltedBy, readNamedTransactions, turnSwitch } from "./withdrawal-switch.ts";

const LOOK_EVERY_MS = 1000;
/** A look that takes long, over many balances, comes so much later: it takes a twentieth of a connection. */
const REST_PER_WORK = 20;
const ACTOR = "solvency-watch";

export interface SolvencyDeps {
  readonly db: Db;
  readonly metrics: Pick<WalletMetrics, "solvencySeconds" | "ledgerBreaches">;
  readonly alarm: (what: string, about: object) => void;
  readonly nowMs: () => number;
}

export interface SolvencyLook {
  /** One look. Returns what is wrong, and halts for it. */
  look(): Promise<string | undefined>;
}

/** It remembers how far it has seen the entries under ids that are still in use. */
export function createSolvencyLook(deps: SolvencyDeps): SolvencyLook {
  const { db } = deps;
  /** By the first id of a block: the next id to look at. */
  const seen = new Map<number, number>();
  let searchedFor: string | undefined;

  /** From their first ids again: entries are not committed in the order of their ids. */
  async function checkComplete(blocks: readonly IdBlock[]): Promise<string | undefined> {
    let breach: string | undefined;
    for (const block of blocks) {
      const bad = await checkRange(db, { fromId: block.firstId, endId: block.endId });
      const found = await reportEntries(deps, bad);
      breach ??= found;
      // It may have more of them, and each is named before its block is forgotten.
      if (found !== undefined) continue;
      await forgetBlock(db, block);
      seen.delete(block.firstId);
    }
    return breach;
  }

  async function checkNew(blocks: readonly IdBlock[]): Promise<string | undefined> {
    const ranges = new Map<IdRange, IdBlock>();
    for (const block of blocks) {
      const fromId = seen.get(block.firstId) ?? block.firstId;
      if (fromId < block.endId) ranges.set({ fromId, endId: block.endId }, block);
    }
    let breach: string | undefined;
    for (const [range, newestId] of await readNewestIds(db, [...ranges.keys()])) {
      const bad = await checkRange(db, { fromId: range.fromId, endId: newestId + 1 });
      const found = await reportEntries(deps, bad);
      breach ??= found;
      const block = ranges.get(range);
      if (block !== undefined && found === undefined) seen.set(block.firstId, newestId + 1);
    }
    return breach;
  }

  async function checkTotals(): Promise<string | undefined> {
    const imbalances = await readImbalances(db);
    if (imbalances.length === 0) {
      searchedFor = undefined;
      return undefined;
    }
    const sums = imbalances.map(({ asset, units }) => `${units} of ${asset}`).join(", ");
    const what = `all balances sum to ${sums}`;
    // Halts first, and looks for the posting afterwards: that reads the whole ledger.
    const isNews = await halt(deps, { reason: what });
    if (!isNews && searchedFor === what) return what;
    const found = await name(
      deps,
      imbalances.map(({ asset }) => asset),
    );
    searchedFor = what;
    return found === undefined ? what : `${what}; ${found}`;
  }

  return {
    async look() {
      const startedMs = performance.now();
      const ofTotals = await checkTotals();
      const blocks = await readBlocks(db);
      const ofNew = await checkNew(blocks.filter(({ isComplete }) => !isComplete));
      const ofOld = await checkComplete(blocks.filter(({ isComplete }) => isComplete));
      const breach = ofTotals ?? ofNew ?? ofOld;
      // A bad entry that a halt has named is no breach to the next look, and still one that nobody has seen to.
      const isOpen = breach !== undefined || (await isHaltedBy(db, ACTOR));
      deps.metrics.ledgerBreaches.set(isOpen ? 1 : 0);
      deps.metrics.solvencySeconds.observe((performance.now() - startedMs) / 1000);
      return breach;
    },
  };
}

export interface SolvencyWatchDeps extends SolvencyDeps {
  readonly connection: NatsConnection;
  readonly instance: string;
  readonly patience: Patience;
  readonly fail: (error: unknown) => void;
}

export interface SolvencyWatch {
  stop(): Promise<void>;
}

/** One wallet watches: the one that has the lease. Two at once would only read twice. */
export function watchSolvency(deps: SolvencyWatchDeps): SolvencyWatch {
  let watching: { readonly ending: AbortController; readonly ended: Promise<void> } | undefined;

  async function watch({ signal }: AbortController): Promise<void> {
    const solvency = createSolvencyLook(deps);
    try {
      while (!signal.aborted) {
        const startedMs = performance.now();
        await deps.patience.retry(async () => await solvency.look(), { signal });
        const tookMs = performance.now() - startedMs;
        await restUnless(signal, Math.max(LOOK_EVERY_MS, tookMs * REST_PER_WORK));
      }
    } finally {
      // Whoever watches from now on says it.
      deps.metrics.ledgerBreaches.set(0);
    }
  }

  function begin(): void {
    const ending = new AbortController();
    const ended = watch(ending).catch((error: unknown) => {
      if (!ending.signal.aborted) deps.fail(error);
    });
    watching = { ending, ended };
  }

  const lease: Promise<Lease> = campaignForLease({
    connection: deps.connection,
    key: "wallet.solvency",
    owner: deps.instance,
    onGained: begin,
    onLost: () => watching?.ending.abort(),
  });
  lease.catch(deps.fail);
  return {
    async stop() {
      await (await lease).release();
      watching?.ending.abort();
      await watching?.ended;
    },
  };
}

async function restUnless(signal: AbortSignal, ms: number): Promise<void> {
  if (signal.aborted) return;
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  signal.addEventListener("abort", () => over.resolve(), { once: true });
  await over.promise;
  clearTimeout(timer);
}

async function checkRange(db: Db, range: IdRange): Promise<readonly BadTransaction[]> {
  const bad: BadTransaction[] = [];
  for (const page of pagesOf(range)) bad.push(...(await readBadTransactions(db, page)));
  return bad;
}

/** Halts for entries that no halt has named: what was named, somebody has looked at. */
async function reportEntries(
  deps: SolvencyDeps,
  bad: readonly BadTransaction[],
): Promise<string | undefined> {
  if (bad.length === 0) return undefined;
  const named = await readNamedTransactions(deps.db);
  const news = bad.find(({ transactionId }) => !named.has(transactionId));
  if (news === undefined) return undefined;
  const { transactionId } = news;
  const reason = `first bad posting: transaction ${transactionId} ${news.what}`;
  await halt(deps, { reason, transactionId });
  return reason;
}

/** Writes down which posting was the first bad one, beside the halt that it led to. */
async function name(deps: SolvencyDeps, assets: readonly string[]): Promise<string | undefined> {
  const bad = await findBadPosting(deps.db, assets);
  if (bad === undefined) return undefined;
  const { transactionId } = bad;
  const reason = `first bad posting: ${bad.what}`;
  const named = await readNamedTransactions(deps.db);
  if (transactionId !== undefined && !named.has(transactionId)) {
    await halt(deps, { reason, transactionId });
  }
  deps.alarm(reason, { transactionId });
  return reason;
}

/** Whether withdrawals went on until now. */
async function halt(
  { db, alarm, nowMs }: SolvencyDeps,
  why: { readonly reason: string; readonly transactionId?: number },
): Promise<boolean> {
  const isNews = await turnSwitch(db, { halt: true, actor: ACTOR, ...why, nowMs: nowMs() });
  if (isNews) alarm(`withdrawals are halted: ${why.reason}`, { transactionId: why.transactionId });
  return isNews;
}
