import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import type { HoldDecision, HoldRequest } from "@exchange/streams/contract";
import type { ServiceProcess } from "@exchange/streams/testing";
import { natsEnv, startProcess, until } from "@exchange/streams/testing";
import { sql } from "kysely";

import { violatedLaws } from "./testing/ledger-laws.ts";
import type { ScriptOrder } from "./testing/market-script.ts";
import { createMarketScript } from "./testing/market-script.ts";
import type { ScratchWallet } from "./testing/scratch-wallet.ts";
import { heldOf, holdRequest, openScratchWallet } from "./testing/scratch-wallet.ts";
import { createWalletClient } from "./testing/wallet-client.ts";

/** Each kill costs the time of a lease. */
setDefaultTimeout(120_000);

const FUNDS = 1_000_000n;
const ORDERS = 240;
const KILLS = 3;

let wallet: ScratchWallet;

beforeAll(async () => {
  wallet = await openScratchWallet();
});
afterAll(async () => {
  await wallet.remove();
});

async function startWallet(): Promise<ServiceProcess> {
  return await startProcess("services/wallet/testing/run-wallet.ts", {
    ...natsEnv(),
    MYSQL_URL: wallet.url,
    SERVICE_INSTANCE: "wallet-kill-test",
    WALLET_TEST_MARKET: wallet.market.market,
  });
}

/** Asks again with the same attempt until there is an answer, as the order service does. */
async function holdUntilKnown(request: HoldRequest): Promise<HoldDecision | undefined> {
  const client = createWalletClient(wallet.scratch.connection, 1000);
  for (;;) {
    try {
      const [decision] = await client.hold([request]);
      return decision;
    } catch {
      await Bun.sleep(50);
    }
  }
}

function requestOf(index: number): HoldRequest {
  const { market, base } = wallet.market;
  const clientOrderId = `order-${index}`;
  return holdRequest({
    accountId: 1 + (index % 3),
    market,
    clientOrderId,
    asset: base,
    amount: 7n,
  });
}

test("a wallet that is killed again and again holds each order once and settles each frame once", async () => {
  let running = await startWallet();
  const client = createWalletClient(wallet.scratch.connection, 5000);
  for (const accountId of [1, 2, 3]) await client.deposit(accountId, wallet.market.base, FUNDS);
  const script = createMarketScript(wallet.market);
  let published = 0;
  let isDone = false;

  const placing = (async () => {
    for (let index = 0; index < ORDERS; index += 1) {
      const request = requestOf(index);
      const { holdId } = heldOf(await holdUntilKnown(request));
      const { accountId, clientOrderId } = request;
      const size = { side: "sell", ticks: 5, lots: 7, open: 7, remaining: 7 } as const;
      const order: ScriptOrder = { holdId, accountId, clientOrderId, ...size };
      const timeMs = Date.now();
      script.accept(order, timeMs);
      if (index % 2 === 0) script.cancel(order, timeMs);
      await wallet.publish(script.frame(timeMs));
      published += 1;
    }
    isDone = true;
  })();

  for (let kill = 0; kill < KILLS; kill += 1) {
    const target = published + ORDERS / (KILLS + 1);
    await until(() => published >= target || isDone, 60_000);
    await Bun.sleep(Math.random() * 30);
    await running.kill();
    running = await startWallet();
  }
  await placing;
  await until(async () => {
    const { rows } = await sql<{ sequence: string }>`
      select sequence from settlement_cursors`.execute(wallet.db);
    return Number(rows[0]?.sequence) === ORDERS;
  }, 60_000);
  await running.kill();

  expect(await violatedLaws(wallet.db)).toEqual([]);
  const { rows } = await sql<{ reason: string; count: number | string }>`
    select reason, count(*) as count from postings group by reason`.execute(wallet.db);
  expect(Object.fromEntries(rows.map(({ reason, count }) => [reason, Number(count)]))).toEqual({
    deposit: 6,
    hold: ORDERS,
    cancel: ORDERS / 2,
  });
});
