/**
 * Many withdrawals at once through a bank that does everything wrong, by wallets that are killed at random. Returns
 * once none is under way, after an operator has resolved what only an operator can.
 */

import type { ServiceProcess } from "@exchange/streams/testing";
import { until } from "@exchange/streams/testing";
import { resolveWithdrawal, withdraw } from "@exchange/wallet/api";
import type { WalletClient } from "@exchange/wallet/testing/live";
import { createWalletClient } from "@exchange/wallet/testing/live";
import { sql } from "kysely";

import type { BankWorld } from "./bank-world.ts";
import { scaledPace } from "./bank-world.ts";

/** Each comes as often as every other. */
const destinations = [
  "iban:XX00",
  "test:hang",
  "test:hang,untold",
  "test:error",
  "test:error,told-late",
  "test:slow",
  "test:slow,untold",
  "test:refuse",
  "test:return",
  "test:mute",
  "test:lose",
  "test:told-twice",
  "test:told-late",
  "test:told-backwards",
  "test:untold",
] as const;

const ACCOUNTS = 5;
const FUNDS = "1000";
const BETWEEN_KILLS_MS = { least: 400, most: 1400 } as const;
const DOWN_MS = 1500;
/** The bank's key life, and time for a busy machine. */
const QUIET_LIMIT_MS = 60_000;

export interface SagaRun {
  readonly sagas: number;
  readonly kills: number;
  readonly random: () => number;
}

export async function runSagas(world: BankWorld, run: SagaRun): Promise<void> {
  const client = createWalletClient(world.connection, 2000);
  const wallets = [await world.startWallet("wallet-1"), await world.startWallet("wallet-2")];
  try {
    await fund(world, client);
    const killing = killWallets(world, wallets, run);
    await Promise.all(
      Array.from({ length: run.sagas }, async (_, index) => {
        await Bun.sleep(run.random() * 2000);
        await withdrawUntilTaken(client, world, index);
      }),
    );
    await world.order("/test/down", { ms: DOWN_MS });
    await killing;
    await until(async () => (await countIn(world, movingStates)) === 0, QUIET_LIMIT_MS);
    await resolveManual(world, client);
  } finally {
    for (const wallet of wallets) await wallet.kill();
  }
}

const movingStates = ["REQUESTED", "APPROVED", "RESERVED", "SUBMITTING", "UNKNOWN", "SENT"];

async function countIn({ db }: BankWorld, states: readonly string[]): Promise<number> {
  const { rows } = await sql<{ count: number | string }>`
    select count(*) as count from withdrawals where state in (${sql.join(states)})`.execute(db);
  return Number(rows[0]?.count);
}

/** By the bank, which tells twice, and late. */
async function fund(world: BankWorld, client: WalletClient): Promise<void> {
  const { quote: asset } = world.market;
  for (let accountId = 1; accountId <= ACCOUNTS; accountId += 1) {
    const faults = accountId % 2 === 0 ? ["told-twice"] : ["told-twice", "told-late"];
    await world.order("/test/deposits", { accountId, asset, amount: FUNDS, faults });
  }
  for (let accountId = 1; accountId <= ACCOUNTS; accountId += 1) {
    await until(async () => (await client.balances(accountId))[asset] !== undefined);
  }
}

async function killWallets(
  world: BankWorld,
  wallets: ServiceProcess[],
  { kills, random }: SagaRun,
): Promise<void> {
  const { least, most } = BETWEEN_KILLS_MS;
  for (let kill = 0; kill < kills; kill += 1) {
    await Bun.sleep(least + random() * (most - least));
    const victim = Math.floor(random() * wallets.length);
    await wallets[victim]?.kill();
    wallets[victim] = await world.startWallet(`wallet-${victim + 1}`);
  }
}

/** As a client does: with the same key until there is an answer. */
async function withdrawUntilTaken(
  client: WalletClient,
  { market }: BankWorld,
  index: number,
): Promise<void> {
  const body = {
    accountId: 1 + (index % ACCOUNTS),
    asset: market.quote,
    // A different amount each, in the smallest unit that is paid out.
    amount: String(BigInt(100 + index) * 10n ** 8n),
    destination: destinations[index % destinations.length] ?? "",
    idempotencyKey: `saga-${index}`,
  };
  for (;;) {
    const reply = await client.ask(withdraw, body).catch(() => undefined);
    if (reply?.kind === "ok") return;
    if (reply !== undefined && reply.code !== "OVERLOADED") throw new Error(reply.code);
    await Bun.sleep(100);
  }
}

/** The operator calls the bank, once it has done what it was last asked for, and says what it paid. */
async function resolveManual(world: BankWorld, client: WalletClient): Promise<void> {
  await Bun.sleep(scaledPace.slowMs);
  const paid = new Set((await world.payments()).map(({ reference }) => reference));
  const manual = await world.db
    .selectFrom("withdrawals")
    .select(["withdrawal_id", "payout_key"])
    .where("state", "=", "MANUAL")
    .execute();
  for (const { withdrawal_id: withdrawalId, payout_key: key } of manual) {
    const body = {
      withdrawalId,
      paid: paid.has(key),
      operator: "ada",
      reason: "called the bank",
    };
    const [first, repeat] = [
      await client.ask(resolveWithdrawal, body),
      await client.ask(resolveWithdrawal, body),
    ];
    if (first.kind !== "ok" || !first.value.isDone) throw new Error(JSON.stringify(first));
    if (repeat.kind !== "ok" || repeat.value.isDone) throw new Error(JSON.stringify(repeat));
  }
}
