/** MySQL stops answering at any moment, also between a commit and its answer, and is asked again. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import type { HoldRequest } from "@exchange/streams/contract";
import type { FaultyLink } from "@exchange/streams/testing";
import { openFaultyLink, until } from "@exchange/streams/testing";
import { sql } from "kysely";

import { deposit } from "./api.ts";
import { violatedLaws } from "./testing/ledger-laws.ts";
import type { ScriptOrder } from "./testing/market-script.ts";
import { createMarketScript } from "./testing/market-script.ts";
import type { ScratchWallet } from "./testing/scratch-wallet.ts";
import { heldOf, holdRequest, openScratchWallet } from "./testing/scratch-wallet.ts";
import { createWalletClient } from "./testing/wallet-client.ts";

/** A busy machine takes its time. */
setDefaultTimeout(120_000);

const QUERY_LIMIT_MS = 250;
const ORDERS = 120;
const LOTS = 7;

let wallet: ScratchWallet;
let link: FaultyLink;

beforeAll(async () => {
  wallet = await openScratchWallet();
  const url = new URL(wallet.url);
  link = openFaultyLink(wallet.url);
  url.port = new URL(link.url).port;
  await wallet.start({ mysqlUrl: url.href, queryLimitMs: QUERY_LIMIT_MS });
});
afterAll(async () => {
  link.heal();
  await wallet.remove();
  link.stop();
});

/** Asks again until there is an answer, as every client of the wallet does. */
async function untilKnown<Value>(ask: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await Bun.sleep(10);
    }
  }
}

function requestOf(index: number): HoldRequest {
  const { market, base: asset } = wallet.market;
  const clientOrderId = `order-${index}`;
  return holdRequest({ accountId: 1, market, clientOrderId, asset, amount: BigInt(LOTS) });
}

test("each deposit, hold and frame takes effect once, however often its commit went unheard", async () => {
  const client = createWalletClient(wallet.scratch.connection, 2000);
  const script = createMarketScript(wallet.market);
  const done = new AbortController();
  const silencing = (async () => {
    while (!done.signal.aborted) {
      await Bun.sleep(Math.random() * 3 * QUERY_LIMIT_MS);
      link.silence();
    }
  })();
  for (let index = 0; index < ORDERS; index += 1) {
    const body = {
      accountId: 1,
      asset: wallet.market.base,
      amount: String(LOTS),
      idempotencyKey: `deposit-${index}`,
    };
    await untilKnown(() => client.ask(deposit, body));
    const request = requestOf(index);
    const [decision] = await untilKnown(() => client.hold([request]));
    const { holdId } = heldOf(decision);
    const size = { side: "sell", ticks: 5, lots: LOTS, open: LOTS, remaining: LOTS } as const;
    const order: ScriptOrder = {
      holdId,
      accountId: 1,
      clientOrderId: request.clientOrderId,
      ...size,
    };
    script.accept(order, Date.now());
    if (index % 2 === 0) script.cancel(order, Date.now());
    await wallet.publish(script.frame(Date.now()));
  }
  done.abort();
  await silencing;
  await until(async () => {
    const { rows } = await sql<{ sequence: string }>`
      select sequence from settlement_cursors`.execute(wallet.db);
    return Number(rows[0]?.sequence) === ORDERS;
  });
  expect(wallet.failures).toEqual([]);
  expect(await violatedLaws(wallet.db)).toEqual([]);
  const { rows } = await sql<{ available: string; held: string }>`
    select available, held from balances where account_id = 1 and asset = ${wallet.market.base}`.execute(
    wallet.db,
  );
  expect(rows).toEqual([
    { available: String((ORDERS / 2) * LOTS), held: String((ORDERS / 2) * LOTS) },
  ]);
});
