/** A trade is taken back by two operators, after its seller spent what it got: money, views, history and audit agree. */

import { afterEach, beforeEach, expect, setDefaultTimeout, spyOn, test } from "bun:test";

import { assert } from "@exchange/streams/contract";
import { until } from "@exchange/streams/testing";
import { z } from "zod";

import { readRunning } from "../../setup/running.ts";
import { audit } from "../audit.ts";
import { freezes } from "../freeze.ts";
import type { Verb } from "../options.ts";
import { rebuild } from "../rebuild.ts";
import { openTrader } from "../testing/open-trader.ts";
import { listOwnMarket } from "../testing/replay-file.ts";
import { expectExchange } from "../testing/run-exchange.ts";
import { market as verb } from "./verb.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(120_000);

const Trades = z.object({ trades: z.array(z.object({ tradeId: z.string() })) });
const Candle = z.object({ close: z.string(), volume: z.string(), trades: z.number() });
const Candles = z.object({ candles: z.array(Candle) });
const Proposed = z.object({ reversalId: z.string() });
const Result = z.object({
  taken: z.number(),
  ignored: z.array(z.string()),
  frozen: z.array(z.number()),
  shortfalls: z.array(z.object({ trade: z.string(), asset: z.string(), amount: z.string() })),
});

let printed: ReturnType<typeof spyOn<Console, "log">>;
beforeEach(() => {
  printed = spyOn(console, "log").mockImplementation(() => undefined);
});
afterEach(() => printed.mockRestore());

/** In this process, since starting another one takes longer than what it does. */
async function run(what: Verb, ...args: readonly string[]): Promise<string> {
  printed.mockClear();
  expect(await what.run(args)).toBe(0);
  return printed.mock.calls.map(([line]) => String(line)).join("\n");
}

function by(operator: string): string[] {
  return ["--reason", "a test", "--operator", operator, "--yes", "--json"];
}

async function propose(market: string, trade: string): Promise<string> {
  const range = ["--from", trade, "--to", trade];
  const said = await run(verb, "reverse", market, ...range, ...by("ada"));
  return Proposed.parse(JSON.parse(said)).reversalId;
}

async function approve(reversalId: string, operator: string) {
  const said = await run(verb, "approve-reversal", reversalId, ...by(operator));
  return Result.parse(JSON.parse(said));
}

/** Undefined while the views are made anew. */
async function read<Shape extends z.ZodType>(shape: Shape, path: string) {
  const response = await fetch(`${readRunning().gatewayUrl}${path}`);
  return response.ok ? shape.parse(await response.json()) : undefined;
}

async function readIds(market: string): Promise<readonly string[] | undefined> {
  const found = await read(Trades, `/v1/markets/${market}/trades`);
  return found?.trades.map(({ tradeId }) => tradeId);
}

/** A sale of 5 at 2.00, of whose proceeds the seller spends most on 4 at 2.40. */
async function tradeTwice(market: string) {
  const [base = ""] = market.split("-");
  const seller = await openTrader({ [base]: "5" });
  const buyer = await openTrader({ USD: "10" });
  const other = await openTrader({ [base]: "4" });
  const limit = (side: "buy" | "sell", price: string, quantity: string) => ({
    market,
    side,
    type: "limit",
    price,
    quantity,
  });
  const sale = await seller.place(limit("sell", "2.00", "5"));
  await buyer.place(limit("buy", "2.00", "5"));
  await until(async () => Number((await seller.balance("USD"))?.available) > 9);
  await other.place(limit("sell", "2.40", "4"));
  await seller.place(limit("buy", "2.40", "4"));
  other.close();
  await until(async () => (await readIds(market))?.length === 2);
  const [left = "", wrong = ""] = (await readIds(market)) ?? [];
  assert(typeof sale !== "string", "the sale is an order");
  return { base, seller, buyer, sale, left, wrong };
}

test("a trade is taken back whole: what was spent is the house's shortfall, and nothing shows it", async () => {
  const market = await listOwnMarket();
  const { base, seller, buyer, sale, left, wrong } = await tradeTwice(market);
  const denied = await propose(market, wrong);
  expect(await run(verb, "deny-reversal", denied, ...by("ada"))).toContain("DENIED");
  await expect(approve(denied, "bob")).rejects.toThrow("it is DENIED");
  const reversalId = await propose(market, wrong);
  await expect(approve(reversalId, "Ada")).rejects.toThrow("somebody else");
  const done = await approve(reversalId, "bob");
  expect(done).toMatchObject({ taken: 1, ignored: [] });
  expect(done.frozen).toHaveLength(1);
  expect(done.shortfalls).toMatchObject([{ trade: `${market}:${wrong}`, asset: "USD" }]);
  expect(await approve(reversalId, "eve")).toEqual({ ...done, taken: 0 });
  await expect(propose(market, wrong)).rejects.toThrow("Taken back before");
  expect(await run(verb, "reversals")).toContain(`${wrong} to ${wrong}, 1 trades, by operator:bob`);
  expect(await run(freezes)).toContain(`account ${done.frozen[0]} frozen`);

  expect(await buyer.balance("USD")).toEqual({ available: "10", held: "0" });
  expect(Number((await buyer.balance(base))?.available)).toBe(0);
  expect(Number((await seller.balance("USD"))?.available)).toBe(0);
  expect(Number((await seller.balance(base))?.available)).toBeGreaterThan(8.9);
  const next = { market, side: "sell", type: "limit", price: "9.00", quantity: "1" };
  expect(await seller.place(next)).toBe("ACCOUNT_FROZEN");
  buyer.close();
  seller.close();

  await until(async () => (await readIds(market))?.join() === left);
  const hour = await read(Candles, `/v1/markets/${market}/candles?interval=1h&limit=1`);
  expect(hour?.candles).toMatchObject([{ close: "2.40", volume: "4.00000000", trades: 1 }]);
  const rows = (await expectExchange("trades", market)).trim().split("\n");
  expect(rows.map((row) => row.endsWith("taken back"))).toEqual([true, false]);
  const chain = await expectExchange("explain", sale.id);
  for (const part of ["ReverseTrades", `reversed ${wrong}`, "shortfall"]) {
    expect(chain).toContain(part);
  }
  const rebuilt = await run(rebuild, "market", market, "--json");
  expect(JSON.parse(rebuilt)).toMatchObject({ market, result: "same" });
  expect(await run(audit)).toContain("0 violations");
});
