/** A whole wallet, as `main.ts` starts it, for one market of a shared test server. */

import { randomBytes } from "node:crypto";

import type { MarketId } from "@exchange/streams/contract";
import type { MarketDirectory, RunningProcess } from "@exchange/streams/runtime";
import { connectNats, createTelemetry, watchMarkets } from "@exchange/streams/runtime";
import { readTestServer } from "@exchange/streams/testing";

import { openDatabase } from "../open-database.ts";
import type { PayoutOptions } from "../start-wallet.ts";
import { startWallet } from "../start-wallet.ts";
import type { GuardSettings } from "../withdrawal-guards.ts";
import { createTiming } from "../withdrawal.ts";

const QUERY_LIMIT_MS = 8000;
const CALL_LIMIT_MS = 1000;
const KEY_LIFE_MS = 60_000;

export interface TestWalletOptions {
  readonly mysqlUrl: string;
  readonly market: MarketId;
  readonly fail: (error: unknown) => void;
  /** The wallet's clock. */
  readonly nowMs?: () => number;
  readonly testFunds?: boolean;
  readonly queryLimitMs?: number;
  /** None by default: withdrawals stay reserved. */
  readonly payouts?: PayoutOptions;
  /** Nothing is guarded when absent. */
  readonly guards?: GuardSettings;
}

export async function startTestWallet(options: TestWalletOptions): Promise<RunningProcess> {
  const instance = `wallet-${randomBytes(3).toString("hex")}`;
  const connection = await connectNats({ ...readTestServer(), name: "wallet-test" });
  const started = await startWallet({
    connection,
    telemetry: createTelemetry({
      service: "wallet",
      instance,
      logLevel: "silent",
      traceExporter: "none",
    }),
    db: openDatabase({
      url: options.mysqlUrl,
      connectionsMax: 8,
      queryLimitMs: options.queryLimitMs ?? QUERY_LIMIT_MS,
    }),
    directory: onlyMarket(await watchMarkets(connection), options.market),
    instance,
    testFunds: options.testFunds ?? true,
    payouts: options.payouts ?? { timing: createTiming(CALL_LIMIT_MS, KEY_LIFE_MS) },
    ...(options.guards !== undefined && { guards: options.guards }),
    nowMs: options.nowMs ?? Date.now,
    fail: options.fail,
  });
  return {
    notReady: () => started.notReady(),
    async stop() {
      await started.stop();
      await connection.close();
    },
  };
}

/** Other tests list markets on the same server, and some leave one that must not be settled. */
export function onlyMarket(directory: MarketDirectory, market: MarketId): MarketDirectory {
  return {
    get: (id) => (id === market ? directory.get(id) : undefined),
    list: () => directory.list().filter((one) => one.market === market),
    asset: (asset) => directory.asset(asset),
    assets: () => directory.assets(),
    onMarket(listener) {
      directory.onMarket((one) => {
        if (one.market === market) listener(one);
      });
    },
    pause: () => directory.pause(),
    stop: () => directory.stop(),
  };
}
