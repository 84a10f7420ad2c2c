/** Reading accounts' balances from the wallet, a few at a time, for as long as it takes. */

import type { AccountId } from "@exchange/streams/contract";
import { request } from "@exchange/streams/runtime";
import { readBalances } from "@exchange/wallet/api";
import type { NatsConnection } from "nats";

import type { Markets } from "../deps.ts";
import { viewBalance } from "../views/money-view.ts";
import type { VersionedBalance } from "./account-balances.ts";
import { createWorkers } from "./workers.ts";

export interface BalanceReaderOptions {
  readonly connection: NatsConnection;
  readonly markets: Markets;
}

export interface BalanceReader {
  /** Calls back once, unless stopped before. */
  read(
    accountId: AccountId,
    onRead: (balances: readonly VersionedBalance[]) => void,
  ): Promise<void>;
  stop(): void;
}

const TIMEOUT_MS = 2000;
const PAUSE_MS = 200;
/** Accounts read at once after a reconnect, so that the wallet is not flooded. */
const READS_MAX = 16;

export function createBalanceReader(options: BalanceReaderOptions): BalanceReader {
  const workers = createWorkers(READS_MAX);
  const ending = new AbortController();
  return {
    async read(accountId, onRead) {
      const balances = await workers.run(() => readUntilDone(options, accountId, ending.signal));
      if (balances !== undefined) onRead(balances);
    },
    stop: () => ending.abort(),
  };
}

async function readUntilDone(
  options: BalanceReaderOptions,
  accountId: AccountId,
  signal: AbortSignal,
): Promise<VersionedBalance[] | undefined> {
  while (!signal.aborted) {
    try {
      return await readOnce(options, accountId);
    } catch {
      // The wallet is away, or an asset is not known here yet: whoever listens waits for it.
      await Bun.sleep(PAUSE_MS);
    }
  }
  return undefined;
}

async function readOnce(
  { connection, markets }: BalanceReaderOptions,
  accountId: AccountId,
): Promise<VersionedBalance[]> {
  const reply = await request(connection, {
    endpoint: readBalances,
    body: { accountId },
    timeoutMs: TIMEOUT_MS,
  });
  if (reply.kind === "refused") throw new Error(`balances refused: ${reply.code}`);
  return reply.value.map((balance) => ({
    ...viewBalance(markets, balance),
    version: balance.version,
  }));
}
