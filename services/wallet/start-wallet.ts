/** Wires a wallet over an open database and connection. */

import { encodeJson, subject } from "@exchange/streams";
import type { MarketDirectory, RunningProcess, Telemetry } from "@exchange/streams/runtime";
import { startService } from "@exchange/streams/runtime";
import type { Redis } from "ioredis";
import { sql } from "kysely";
import type { JetStreamManager, NatsConnection, Service } from "nats";

import type { BalanceChanges } from "./api.ts";
import { appendTick, readDueMs } from "./append-tick.ts";
import type { AssetLockOptions } from "./asset-lock.ts";
import { createAssetLock, noLock } from "./asset-lock.ts";
import type { BankAccess } from "./bank-client.ts";
import { createBankClient } from "./bank-client.ts";
import { watchClockSkew } from "./clock-skew.ts";
import type { EndpointDeps } from "./endpoints.ts";
import { createEndpoints, createOperatorEndpoints } from "./endpoints.ts";
import { createHoldMemory } from "./hold-memory.ts";
import type { HoldMemory } from "./hold-memory.ts";
import { createHoldQueue } from "./hold-queue.ts";
import { createIdBlocks } from "./id-blocks.ts";
import { createBalanceRegister } from "./ledger-store.ts";
import type { LedgerBalance } from "./ledger.ts";
import type { WalletMetrics } from "./metrics.ts";
import { createMetrics } from "./metrics.ts";
import type { FundingDeps } from "./move-funds.ts";
import type { Patience } from "./patience.ts";
import { createPatience } from "./patience.ts";
import type { PayoutWorker } from "./payout-worker.ts";
import { startPayouts } from "./payout-worker.ts";
import { settleMarkets } from "./settle-markets.ts";
import { createSettledTimes } from "./settled-times.ts";
import { createSettledWatch } from "./settled-watch.ts";
import type { Db } from "./tables.ts";
import { watchSolvency } from "./watch-solvency.ts";
import type { GuardSettings } from "./withdrawal-guards.ts";
import type { PayoutTiming } from "./withdrawal.ts";

/** A deadline lies 30 s ahead, so a time that is a little old does not matter. */
const SETTLED_TIMES_AGE_MAX_MS = 250;
/** Far below the server's limit for one message. */
const CHANGES_PER_MESSAGE_MAX = 1000;

export interface WalletOptions {
  readonly connection: NatsConnection;
  readonly telemetry: Telemetry;
  readonly db: Db;
  /** The markets to settle. */
  readonly directory: MarketDirectory;
  readonly instance: string;
  readonly testFunds: boolean;
  readonly payouts: PayoutOptions;
  /** What is asked of withdrawals; nothing when absent. */
  readonly guards?: GuardSettings;
  readonly nowMs: () => number;
  readonly fail: (error: unknown) => void;
}

export interface PayoutOptions {
  /** Undefined: withdrawals stay reserved. */
  readonly bank?: BankAccess & { readonly noticeSecret: string };
  readonly timing: PayoutTiming;
  /** Undefined: MySQL decides without a lock. */
  readonly lock?: { readonly redis: Redis } & Pick<AssetLockOptions, "ttlMs" | "renews">;
}

export async function startWallet(options: WalletOptions): Promise<RunningProcess> {
  const shared = await openShared(options);
  const { metrics, patience } = shared;
  const { connection, db, directory, fail, instance, telemetry, testFunds } = options;
  const skew = await watchClockSkew({
    ...shared,
    instance,
    onMeasured: (skewMs) => metrics.clockSkewSeconds.set(skewMs / 1000),
  });
  const holds = createHoldQueue({
    ...shared,
    holdIds: createIdBlocks(db, "hold"),
    settledTimes: createSettledTimes({ db, maxAgeMs: SETTLED_TIMES_AGE_MAX_MS }),
    onRetry: () => metrics.retries.inc({ work: "hold" }),
    fail,
  });
  const settlements = settleMarkets({
    ...shared,
    onChanged(changed) {
      shared.onChanged(changed);
      settled.committed();
    },
    onRetry: () => metrics.retries.inc({ work: "settlement" }),
    startSpan: (name, traceparent) => telemetry.startSpan(name, traceparent),
    appendTick: async (market, cursor) => await appendTick(shared, market, cursor),
    readDueMs: async (cursor) => await readDueMs(shared, cursor),
    logTimeMs: () => shared.nowMs() - skew.skewMs,
    instance,
    fail,
  });
  const settled = createSettledWatch({
    db,
    cursorOf: (market) => settlements.cursorOf(market),
  });
  const rounds = beginRounds(options, shared);
  const endpointDeps: EndpointDeps = {
    ...shared,
    telemetry,
    testFunds,
    skew,
    holds,
    settled,
    ...withdrawing(options, shared),
    guards: options.guards,
    onReserved: () => rounds.wake(),
    onRetry: () => metrics.retries.inc({ work: "request" }),
  };
  const services = await answer(connection, endpointDeps);
  return {
    async notReady() {
      await sql`select 1`.execute(db);
      return patience.trouble;
    },
    async stop() {
      // Requests first, so that nothing new comes in; the leases last, so that the successor finds us at rest.
      for (const service of services) await service.stop();
      // Giving a lease back takes as long as its holder sleeps between renewals, so all of that is at once.
      const ended = rounds.stop();
      await holds.drained();
      await Promise.all([ended, settlements.stop()]);
      skew.stop();
      directory.stop();
      await db.destroy();
      options.payouts.lock?.redis.disconnect();
    },
  };
}

async function answer(connection: NatsConnection, deps: EndpointDeps): Promise<Service[]> {
  const services = [
    await startService(connection, { name: "wallet", endpoints: createEndpoints(deps) }),
    await startService(connection, {
      name: "wallet-operator",
      endpoints: createOperatorEndpoints(deps),
    }),
  ];
  // Ready means that a request finds us, so the server has to know of the subscriptions.
  await connection.flush();
  return services;
}

/** What deposits and withdrawals need besides. */
function withdrawing({ payouts, telemetry }: WalletOptions, { metrics }: Shared) {
  const { lock, bank, timing } = payouts;
  return {
    lock:
      lock === undefined
        ? noLock
        : createAssetLock({ ...lock, onOutcome: (outcome) => metrics.locks.inc({ outcome }) }),
    noticeSecret: bank?.noticeSecret,
    timing,
    alarm: (what: string, about: object): void => {
      metrics.alarms.inc();
      telemetry.logger.error({ about }, what);
    },
  };
}

/** What this wallet does unasked: paying out, and watching the ledger. */
function beginRounds(options: WalletOptions, shared: Shared) {
  const { instance, fail } = options;
  const { alarm } = withdrawing(options, shared);
  const payouts = beginPayouts(options, shared);
  const solvency = watchSolvency({ ...shared, instance, alarm, fail });
  return {
    wake: () => payouts?.wake(),
    async stop() {
      await payouts?.stop();
      await solvency.stop();
    },
  };
}

function beginPayouts(options: WalletOptions, shared: Shared): PayoutWorker | undefined {
  const { bank, timing } = options.payouts;
  if (bank === undefined) return undefined;
  const { metrics } = shared;
  return startPayouts({
    ...shared,
    bank: createBankClient(bank, timing.callLimitMs),
    timing,
    instance: options.instance,
    alarm: withdrawing(options, shared).alarm,
    onWord: ({ kind }) => metrics.bankWords.inc({ kind }),
    onRetry: () => metrics.retries.inc({ work: "payout" }),
    fail: options.fail,
  });
}

/** What holds, settlement and requests all use. */
interface Shared extends Omit<FundingDeps, "onRetry"> {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly directory: MarketDirectory;
  readonly metrics: WalletMetrics;
  readonly patience: Patience;
  readonly holdMemory: HoldMemory;
}

async function openShared(options: WalletOptions): Promise<Shared> {
  const { connection, db, directory, nowMs, telemetry } = options;
  const metrics = createMetrics(telemetry.registry);
  return {
    connection,
    jsm: await connection.jetstreamManager(),
    db,
    directory,
    metrics,
    patience: createPatience((error) => telemetry.logger.warn({ err: error }, "MySQL is away")),
    transactionIds: createIdBlocks(db, "transaction"),
    holdMemory: createHoldMemory(),
    register: createBalanceRegister(db, () => metrics.retries.inc({ work: "register" })),
    asset: (asset) => directory.asset(asset),
    nowMs,
    onChanged: (changed) => publishChanges(connection, changed),
  };
}

/** A hint for whoever shows balances: it may be lost, and the next one of the same balance is newer. */
function publishChanges(connection: NatsConnection, changed: readonly LedgerBalance[]): void {
  const changes = changed.flatMap(({ owner, asset, available, held, version }) =>
    typeof owner === "number"
      ? [
          {
            accountId: owner,
            version,
            balance: { asset, available: String(available), held: String(held) },
          },
        ]
      : [],
  );
  for (let start = 0; start < changes.length; start += CHANGES_PER_MESSAGE_MAX) {
    const message: BalanceChanges = {
      v: 1,
      changes: changes.slice(start, start + CHANGES_PER_MESSAGE_MAX),
    };
    connection.publish(subject.balanceChanges, encodeJson(message));
  }
}
