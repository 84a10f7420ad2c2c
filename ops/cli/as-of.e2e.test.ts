/** A running exchange as it was: book, balances and holds after each record, as they were seen then. */

import { afterEach, expect, setDefaultTimeout, test } from "bun:test";

import { createNaiveBook } from "@exchange/engine/core";
import { Replica } from "@exchange/engine/replay";
import { stream } from "@exchange/streams";

import { openCommandLog, readCommandLog } from "../as-of/command-log.ts";
import type { AccountHold } from "../as-of/holds-at.ts";
import { holdsAt, readHolds, replayHolds } from "../as-of/holds-at.ts";
import type { AssetBalance } from "../as-of/read-ledger.ts";
import {
  balancesAfter,
  findPoint,
  openWallet,
  readBalances,
  readTransactions,
} from "../as-of/read-ledger.ts";
import { replayTo } from "../as-of/replay-to.ts";
import { readMarket, withExchange } from "../exchange/connect.ts";
import { lastSequence } from "../exchange/read-log.ts";
import { findUser } from "./find-user.ts";
import type { OrderSeen, Trader } from "./testing/open-trader.ts";
import { openTrader } from "./testing/open-trader.ts";
import { listOwnMarket } from "./testing/replay-file.ts";
import { expectExchange, runExchange } from "./testing/run-exchange.ts";

setDefaultTimeout(120_000);

const traders: Trader[] = [];
afterEach(() => {
  for (const trader of traders.splice(0)) trader.close();
});

async function placed(trader: Trader, order: object): Promise<OrderSeen> {
  const answer = await trader.place({ type: "limit", ...order });
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

async function lastRecord(market: string): Promise<number> {
  return await withExchange(async (exchange) => {
    const { epoch } = await readMarket(exchange, market);
    return await lastSequence(exchange.connection, stream.commands(market, epoch));
  });
}

interface Seen {
  readonly balances: readonly AssetBalance[];
  readonly holds: readonly AccountHold[];
}

async function lookAt(name: string): Promise<Seen> {
  return await withExchange(async (exchange) => {
    const [accountId = 0] = (await findUser(exchange, name)).accountIds;
    const wallet = await openWallet(exchange);
    try {
      return {
        balances: await readBalances(wallet, accountId),
        holds: await readHolds(wallet, accountId),
      };
    } finally {
      await wallet.end();
    }
  });
}

async function lookBack(name: string, id: string, sequence: number): Promise<Seen> {
  return await withExchange(async (exchange) => {
    const [accountId = 0] = (await findUser(exchange, name)).accountIds;
    const market = await readMarket(exchange, id);
    const point = await findPoint(exchange, { kind: "record", market: id, sequence }, undefined);
    if (point.kind !== "record") throw new Error("a record was asked about");
    const found = await replayHolds(exchange, market, point);
    const wallet = await openWallet(exchange);
    try {
      const transactions = await readTransactions(wallet, accountId, point);
      const question = { market, accountId, transactions, timeMs: point.timeMs };
      return {
        balances: balancesAfter(transactions),
        holds: await holdsAt(wallet, found, question),
      };
    } finally {
      await wallet.end();
    }
  });
}

test("after each step book, balances and holds were as they were seen then", async () => {
  const market = await listOwnMarket();
  const [base = ""] = market.split("-");
  const seller = await openTrader({ [base]: "5" });
  const buyer = await openTrader({ USD: "100" });
  traders.push(seller, buyer);
  const { email } = buyer;

  const seen = new Map<number, Seen>();
  const look = async (): Promise<void> => {
    const record = await lastRecord(market);
    // Looking back waits until it is settled.
    await lookBack(email, market, record);
    seen.set(record, await lookAt(email));
  };

  await placed(seller, { market, side: "sell", price: "2.00", quantity: "5" });
  const resting = await placed(buyer, { market, side: "buy", price: "1.50", quantity: "10" });
  await look();
  await placed(buyer, { market, side: "buy", price: "2.00", quantity: "2" });
  await look();
  await buyer.cancel(resting);
  await placed(buyer, { market, side: "buy", price: "1.00", quantity: "3" });
  await look();

  const held = [...seen.values()].map(({ holds }) => holds.map(({ remaining }) => remaining));
  const usd = 10n ** 10n;
  expect(held).toEqual([[15n * usd], [15n * usd], [3n * usd]]);
  for (const [record, then] of seen) {
    const { balances, holds } = await lookBack(email, market, record);
    expect({ record, balances }).toEqual({ record, balances: then.balances });
    expect({ record, holds }).toEqual({ record, holds: then.holds });
  }
  for (const record of [1, ...seen.keys()]) {
    expect(await isAsNaive(market, record)).toBeTrue();
  }
  expect(await expectExchange("book", market)).toContain(
    "\n  ask  2.00  3.00000000\n  bid  1.00  3.0",
  );
  const first = String(seen.keys().next().value);
  const point = ["--as-of", `${market}:${first}`];
  expect(await expectExchange("balances", email, ...point)).toContain("85 available, 15 held");
  expect(await expectExchange("holds", email, ...point)).toContain("LIVE     15 of 15 USD");

  const beyond = String((await lastRecord(market)) + 1000);
  const refusals = await Promise.all([
    runExchange("book", market, "--as-of", beyond),
    runExchange("balances", email, "--as-of", `${market}:${beyond}`),
    runExchange("balances", email, "--as-of", "999999999999999"),
    runExchange("balances", email, "--as-of", "yesterday"),
  ]);
  expect(refusals.map(({ exitCode }) => exitCode)).toEqual([1, 1, 1, 2]);
  expect(refusals[0]?.stderr).toContain("no record");
});

/** Whether the book after a record is what the naive one makes of all up to it. */
async function isAsNaive(id: string, sequence: number): Promise<boolean> {
  return await withExchange(async (exchange) => {
    const market = await readMarket(exchange, id);
    const { book } = await replayTo(exchange, market, { sequence });
    const twin = new Replica({ market: id, epoch: 1, createBook: createNaiveBook });
    const log = await openCommandLog(exchange, market, 1);
    const range = { after: 0, until: sequence };
    for await (const logged of readCommandLog(exchange, log, range)) twin.apply(logged);
    return book.stateHash() === twin.book.stateHash();
  });
}
