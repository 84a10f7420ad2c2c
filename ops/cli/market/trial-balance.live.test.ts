/** What open orders can spend beside the wallet's tables. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import { openMysql } from "@exchange/store";
import { createMarket, holdAmount } from "@exchange/streams/contract";
import { btcUsd, readTestMysqlUrl } from "@exchange/streams/testing";
import { sql } from "kysely";

import { agreeWithLedger } from "./trial-balance.ts";

const name = `trial_balance_test_${randomBytes(6).toString("hex")}`;
const url = `${readTestMysqlUrl()}/${name}`;
const root = openMysql<unknown>({ url: readTestMysqlUrl(), connectionsMax: 1 });
const market = { ...createMarket(btcUsd), epoch: 2 };
const balance = { buy: "700", sell: "30" };

beforeAll(async () => {
  await sql`create database ${sql.id(name)} character set utf8mb4 collate utf8mb4_bin`.execute(
    root,
  );
  await sql`create table ${sql.id(name, "settlement_cursors")} (market varchar(21) primary key,
    epoch int, sequence bigint, live_base decimal(38,0), live_quote decimal(38,0))`.execute(root);
});
afterAll(async () => {
  await sql`drop database ${sql.id(name)}`.execute(root);
  await root.destroy();
});

async function settledIn(epoch: number): Promise<void> {
  await sql`replace into ${sql.id(name, "settlement_cursors")}
    values (${market.market}, ${epoch}, 7, ${holdAmount(market, "sell", 30)}, ${holdAmount(market, "buy", 700)})`.execute(
    root,
  );
}

test("a book agrees with live holds that have what it can spend, and with no others", async () => {
  await settledIn(market.epoch);
  await agreeWithLedger(url, market, balance);
  const difference = agreeWithLedger(url, market, { ...balance, sell: "39" });
  await expect(difference).rejects.toThrow("units of BTC, and their holds have");
});

test("where settlement is within the next epoch's first frame, there is nothing to compare any more", async () => {
  await settledIn(market.epoch + 1);
  await agreeWithLedger(url, market, { buy: "1", sell: "1" });
});
