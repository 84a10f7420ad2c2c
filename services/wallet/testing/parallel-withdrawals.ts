/** One balance that many withdrawals want at once, through two wallet processes, with the lock in every condition. */

import type { ServiceProcess } from "@exchange/streams/testing";
import { natsEnv, startProcess, untilReady } from "@exchange/streams/testing";
import { sql } from "kysely";

import { withdraw } from "../api.ts";
import { openPrivateRedis } from "./private-redis.ts";
import type { ScratchWallet } from "./scratch-wallet.ts";
import type { WalletClient } from "./wallet-client.ts";
import { createWalletClient } from "./wallet-client.ts";

export const lockConditions = ["on", "off", "expiring", "killed in the middle"] as const;
export type LockCondition = (typeof lockConditions)[number];

/** Shorter than a transaction. */
const EXPIRING_TTL_MS = 1;
const USUAL_TTL_MS = 5000;
const AMOUNT = 30n;
/** As many as this part of them can be paid. */
const AFFORDABLE_PART = 3;

export interface Outcome {
  readonly affordable: number;
  readonly made: number;
  readonly refused: number;
  /** What is left of the balance. */
  readonly available: string;
  /** The smallest that the balance ever was. */
  readonly least: string;
  /** Withdrawals that were made under a lock. */
  readonly locked: number;
}

export async function withdrawInParallel(
  wallet: ScratchWallet,
  { condition, requests }: { readonly condition: LockCondition; readonly requests: number },
): Promise<Outcome> {
  const redis = await openPrivateRedis();
  const start = async (name: string): Promise<ServiceProcess> =>
    await startProcess("services/wallet/testing/run-wallet.ts", {
      ...natsEnv(),
      MYSQL_URL: wallet.url,
      SERVICE_INSTANCE: name,
      WALLET_TEST_MARKET: wallet.market.market,
      ...(condition !== "off" && { REDIS_URL: redis.url }),
      WITHDRAWAL_LOCK_TTL_MS: String(condition === "expiring" ? EXPIRING_TTL_MS : USUAL_TTL_MS),
    });
  const wallets = await Promise.all([start("wallet-1"), start("wallet-2")]);
  try {
    await Promise.all(wallets.map(untilReady));
    const client = createWalletClient(wallet.scratch.connection, 20_000);
    const affordable = Math.floor(requests / AFFORDABLE_PART);
    const accountId = 1 + lockConditions.indexOf(condition);
    const { base: asset } = wallet.market;
    await client.deposit(accountId, asset, AMOUNT * BigInt(affordable) + AMOUNT - 1n);
    let answered = 0;
    const results = await Promise.all(
      Array.from({ length: requests }, async (_, index) => {
        const code = await withdrawUntilKnown(client, { accountId, asset, index });
        answered += 1;
        if (condition === "killed in the middle" && answered === Math.floor(affordable / 2)) {
          redis.kill();
        }
        return code;
      }),
    );
    return {
      affordable,
      made: results.filter((code) => code === "made").length,
      refused: results.filter((code) => code === "INSUFFICIENT_FUNDS").length,
      locked: await countLocked(wallets),
      ...(await readBalance(wallet, accountId)),
    };
  } finally {
    for (const one of wallets) await one.kill();
    await redis.remove();
  }
}

interface Wanted {
  readonly accountId: number;
  readonly asset: string;
  readonly index: number;
}

/** An answer that did not come, or came too early, is asked for again under the same key. */
async function withdrawUntilKnown(
  client: WalletClient,
  { accountId, asset, index }: Wanted,
): Promise<string> {
  const body = {
    accountId,
    asset,
    amount: String(AMOUNT),
    destination: "iban:XX00",
    idempotencyKey: `${accountId}-${index}`,
  };
  for (;;) {
    const reply = await client.ask(withdraw, body).catch(() => undefined);
    if (reply?.kind === "ok") return "made";
    if (reply !== undefined && reply.code !== "OVERLOADED") return reply.code;
    await Bun.sleep(20 + Math.random() * 60);
  }
}

async function countLocked(wallets: readonly ServiceProcess[]): Promise<number> {
  const counts = await Promise.all(
    wallets.map(async ({ adminUrl }) => {
      const text = await (await fetch(`${adminUrl}/metrics`)).text();
      return Number(
        /^wallet_withdrawal_locks_total\{outcome="locked"[^}]*\} (\d+)/m.exec(text)?.[1] ?? 0,
      );
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function readBalance(
  { db, market }: ScratchWallet,
  accountId: number,
): Promise<Pick<Outcome, "available" | "least">> {
  const { rows } = await sql<{ available: string; least: string }>`
    select max(balances.available) as available, min(available_after) as least
    from balances join postings using (account_id, asset)
    where account_id = ${accountId} and asset = ${market.base}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("the account has no balance");
  return row;
}
