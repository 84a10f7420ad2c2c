/**
 * Pays withdrawals out: takes those that are due, writes the attempt, asks the bank and writes what it said. Any
 * number of wallets share the work; what a dead one had begun is due again when its lease is over.
 */

import { inTransaction } from "@exchange/store";
import type { AssetDefinition } from "@exchange/streams/contract";
import { assert, formatDecimal } from "@exchange/streams/contract";

import type { BankClient } from "./bank-client.ts";
import type { PayoutOrder } from "./bank-contract.ts";
import { writeAll } from "./bulk-sql.ts";
import { findFrozen } from "./freeze-accounts.ts";
import type { FundingDeps } from "./move-funds.ts";
import type { Patience } from "./patience.ts";
import { progressWithdrawal } from "./progress-withdrawal.ts";
import type { Tx } from "./tables.ts";
import type { StoredWithdrawal } from "./withdrawal-store.ts";
import { lockDue, progressWrite, stateAfter, writeSteps } from "./withdrawal-store.ts";
import { lockSwitch } from "./withdrawal-switch.ts";
import type { BankCall, BankWord, PayoutTiming, WithdrawalState } from "./withdrawal.ts";
import { BankContradiction, decideClaim, decideWord } from "./withdrawal.ts";

/** Calls of the bank at the same time. */
const CALLS_MAX = 32;
/** Withdrawals taken in one transaction. */
const CLAIM_ROWS_MAX = 16;
/** With the lease it is how long a dead worker's withdrawal waits, 8 s with the usual limits. */
const POLL_MS = 500;

/** Of what the bank has, only the outcome is asked for. */
const statesInHalt: readonly WithdrawalState[] = ["SENT"];

export interface PayoutDeps extends FundingDeps {
  readonly bank: BankClient;
  readonly timing: PayoutTiming;
  readonly patience: Patience;
  /** This worker, in the history of what it does. */
  readonly instance: string;
  readonly alarm: (what: string, about: object) => void;
  /** After each word of the bank. */
  readonly onWord: (word: BankWord) => void;
  readonly fail: (error: unknown) => void;
}

export interface PayoutWorker {
  /** There is something new to pay. */
  wake(): void;
  /** Takes nothing more and ends when the calls under way have. */
  stop(): Promise<void>;
}

export function startPayouts(deps: PayoutDeps): PayoutWorker {
  const stopping = new AbortController();
  const { signal } = stopping;
  const calls = new Set<Promise<void>>();
  let woken = Promise.withResolvers<void>();

  function start(claimed: Claimed): void {
    const call: Promise<void> = pay(deps, claimed)
      .catch(deps.fail)
      .finally(() => {
        calls.delete(call);
        woken.resolve();
      });
    calls.add(call);
  }

  async function work(): Promise<void> {
    while (!signal.aborted) {
      woken = Promise.withResolvers();
      const limit = Math.min(CLAIM_ROWS_MAX, CALLS_MAX - calls.size);
      const taken =
        limit === 0
          ? { rows: 0, claimed: [] }
          : await deps.patience.retry(async () => await claim(deps, limit), { signal });
      for (const claimed of taken.claimed) start(claimed);
      if (taken.rows < limit || limit === 0) await rest(woken.promise);
    }
  }

  async function rest(until: Promise<void>): Promise<void> {
    // A short limit of calls is a test's, which wants the rest as short.
    await Promise.race([until, Bun.sleep(Math.min(POLL_MS, deps.timing.retryFirstMs))]);
  }

  const working = work().catch((error: unknown) => {
    if (!signal.aborted) deps.fail(error);
  });
  return {
    wake: () => woken.resolve(),
    async stop() {
      stopping.abort();
      woken.resolve();
      await working;
      await Promise.all(calls);
    },
  };
}

interface Claimed {
  readonly stored: StoredWithdrawal;
  readonly call: BankCall;
}

interface Taken {
  readonly rows: number;
  readonly claimed: readonly Claimed[];
}

/** The attempts are written before any call is made. */
async function claim(deps: PayoutDeps, limit: number): Promise<Taken> {
  const { db, instance: actor, timing } = deps;
  return await inTransaction(
    db,
    async (tx) => {
      const nowMs = deps.nowMs();
      // A halt waits until the attempts that are written here are, so that none is begun after it.
      const states = (await lockSwitch(tx)) ? statesInHalt : undefined;
      const due = await withoutFrozen(tx, await lockDue(tx, { nowMs, limit, states }));
      const claimed: Claimed[] = [];
      for (const found of due) {
        const { progress, call } = decideClaim(found, nowMs, timing);
        const { withdrawalId, stepCount } = found;
        await writeSteps(tx, { withdrawalId, stepCount, steps: progress.steps, actor, nowMs });
        await writeAll(tx, [progressWrite(found, progress)]);
        const state = stateAfter(found, progress);
        const stored = {
          ...found,
          ...progress,
          state,
          stepCount: stepCount + progress.steps.length,
        };
        if (call !== undefined) claimed.push({ stored, call });
        if (state === "MANUAL") deps.alarm("a withdrawal needs an operator", { withdrawalId });
      }
      return { rows: due.length, claimed };
    },
    { onRetry: deps.onRetry },
  );
}

/** A freeze that was under way when they were looked for is seen behind their locks, or waits for them. */
async function withoutFrozen(
  tx: Tx,
  due: readonly StoredWithdrawal[],
): Promise<readonly StoredWithdrawal[]> {
  const reserved = due.filter(({ state }) => state === "RESERVED");
  const frozen = new Set(
    await findFrozen(
      tx,
      reserved.map(({ accountId }) => accountId),
    ),
  );
  return due.filter(({ state, accountId }) => state !== "RESERVED" || !frozen.has(accountId));
}

async function pay(deps: PayoutDeps, { stored, call }: Claimed): Promise<void> {
  const word = await ask(deps, stored, call);
  deps.onWord(word);
  const { withdrawalId, attempt } = stored;
  const { timing } = deps;
  const write = async (): Promise<unknown> =>
    await progressWithdrawal(deps, {
      name: { withdrawalId },
      actor: deps.instance,
      // Whoever made a later attempt gets the same answer, and writes it.
      decide: (now, nowMs) =>
        now.attempt === attempt ? decideWord(now, word, { nowMs, timing }) : undefined,
    });
  try {
    // After the lease somebody else asks again, and is told the same.
    await deps.patience.retry(write, { limitMs: timing.leaseMs });
  } catch (error) {
    if (!(error instanceof BankContradiction)) throw error;
    deps.alarm(error.message, { withdrawalId });
  }
}

async function ask(
  { bank, asset }: PayoutDeps,
  stored: StoredWithdrawal,
  call: BankCall,
): Promise<BankWord> {
  if (call === "submit") return await bank.submit(stored.payoutKey, orderOf(stored, asset));
  assert(stored.payoutId !== null, `withdrawal ${stored.withdrawalId} was sent as nothing`);
  return await bank.look(stored.payoutId);
}

function orderOf(
  { payoutKey, asset, amount, destination, withdrawalId }: StoredWithdrawal,
  find: (asset: string) => AssetDefinition | undefined,
): PayoutOrder {
  const definition = find(asset);
  assert(
    definition !== undefined,
    `withdrawal ${withdrawalId} is of ${asset}, which is not listed`,
  );
  const decimal = formatDecimal(BigInt(amount), definition.scale, definition.payoutScale);
  return { reference: payoutKey, asset, amount: decimal, destination };
}
