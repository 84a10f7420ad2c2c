/** What an operator does to a market of a running exchange, and what the market's readers see of it. */

import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";

import { until } from "@exchange/streams/testing";
import { z } from "zod";

import { readRunning } from "../../setup/running.ts";
import { UsageError } from "../options.ts";
import type { Trader } from "../testing/open-trader.ts";
import { openTrader } from "../testing/open-trader.ts";
import { listOwnMarket } from "../testing/replay-file.ts";
import { expectExchange, runExchange } from "../testing/run-exchange.ts";
import { market as verb } from "./verb.ts";

const Shown = z.object({
  market: z.string(),
  state: z.string(),
  version: z.number(),
  rules: z.record(z.string(), z.unknown()),
});
const Listed = z.object({ markets: z.array(z.object({ market: z.string(), state: z.string() })) });

let traders: Trader[] = [];
let printed: ReturnType<typeof spyOn<Console, "log">>;
beforeEach(() => {
  printed = spyOn(console, "log").mockImplementation(() => undefined);
});
afterEach(() => {
  printed.mockRestore();
  for (const trader of traders) trader.close();
  traders = [];
});

async function openMarket(): Promise<{ market: string; trader: Trader }> {
  const market = await listOwnMarket();
  const [base = ""] = market.split("-");
  return { market, trader: await fund({ USD: "1000", [base]: "100" }) };
}

async function fund(funds: Readonly<Record<string, string>>): Promise<Trader> {
  const trader = await openTrader(funds);
  traders.push(trader);
  return trader;
}

/** In this process, since starting another one takes longer than what it does. */
async function run(...args: readonly string[]): Promise<unknown> {
  expect(await verb.run([...args, "--json"])).toBe(0);
  return JSON.parse(String(printed.mock.lastCall?.[0]));
}

async function change(...args: readonly string[]): Promise<z.infer<typeof Shown>> {
  return Shown.parse(await run(...args));
}

/** What `GET /v1/markets` says. */
async function publicState(market: string): Promise<string | undefined> {
  const response = await fetch(`${readRunning().gatewayUrl}/v1/markets`);
  const { markets } = Listed.parse(await response.json());
  return markets.find((one) => one.market === market)?.state;
}

function limit(market: string, side: "buy" | "sell", price: string) {
  return { market, side, type: "limit", price, quantity: "1" };
}

test("a market goes through its states, takes what each allows, and readers see each", async () => {
  const { market, trader } = await openMarket();
  const buy = limit(market, "buy", "2.00");
  const steps = [
    ["pre-open", "pre-open", { ...buy, timeInForce: "FOK" }, "MARKET_PRE_OPEN"],
    ["auction", "auction", { ...buy, timeInForce: "IOC" }, "MARKET_IN_AUCTION"],
    ["post-only", "post-only", buy, "MARKET_POST_ONLY"],
    ["cancel-only", "cancel-only", buy, "MARKET_CANCEL_ONLY"],
    ["halt", "halted", buy, "MARKET_HALTED"],
  ] as const;
  const { version } = await change("show", market);
  for (const [place, [word, state, order, refusal]] of steps.entries()) {
    expect(await change(word, market)).toMatchObject({ state, version: version + place + 1 });
    await until(async () => (await publicState(market)) === state);
    expect(await trader.place(order)).toMatchObject({ rejectCode: refusal });
  }
  expect(await change("resume", market)).toMatchObject({ state: "continuous" });
  expect(await trader.place(buy)).toMatchObject({ state: "OPEN" });
  expect(await expectExchange("market", "list")).toContain(`${market}  continuous`);
});

test("rules take the place of all rules before, and clear leaves nobody's order", async () => {
  const { market, trader } = await openMarket();
  const { rules } = await change("rules", market, "--max-quantity", "5", "--min-notional", "1");
  expect(Object.keys(rules).toSorted()).toEqual(["notionalMin", "qtyMaxLots"]);
  const large = { ...limit(market, "buy", "2.00"), quantity: "6" };
  expect(await trader.place(large)).toMatchObject({ rejectCode: "QTY_TOO_LARGE" });
  expect((await change("rules", market)).rules).toEqual({});
  const open = [await trader.place(large), await trader.place(limit(market, "sell", "9.00"))];
  expect(open).toMatchObject([{ state: "OPEN" }, { state: "OPEN" }]);
  await change("halt", market);
  expect(await run("clear", market)).toEqual({ cancelled: 2 });
  await until(async () => (await trader.balance("USD"))?.held === "0");
});

test("a halt that the engine calls, and the auction that ends it, are seen like the operator's", async () => {
  const { market, trader } = await openMarket();
  const other = await fund({ USD: "1000" });
  const halt = ["--halt-band-ppm", "100000", "--halt-auction-ms", "1500", "--reference", "10"];
  const { version } = await change("rules", market, ...halt);
  expect(await trader.place(limit(market, "sell", "20.00"))).toMatchObject({ state: "OPEN" });
  expect(await other.place(limit(market, "buy", "20.00"))).toMatchObject({ state: "OPEN" });
  await until(async () => (await publicState(market)) === "auction");
  expect(await change("show", market)).toMatchObject({ state: "auction", version });
  const early = { ...limit(market, "buy", "5.00"), timeInForce: "IOC" };
  expect(await other.place(early)).toMatchObject({ rejectCode: "MARKET_IN_AUCTION" });
  await until(async () => (await publicState(market)) === "continuous");
  expect(await change("show", market)).toMatchObject({ state: "continuous", version });
  await until(async () => (await other.balance("USD"))?.available === "980");
});

test("close is for good, and what makes no sense is refused with what does", async () => {
  const { market, trader } = await openMarket();
  expect(await trader.place(limit(market, "buy", "1.00"))).toMatchObject({ state: "OPEN" });
  expect(await change("close", market)).toMatchObject({ state: "closed" });
  expect(await run("clear", market)).toEqual({ cancelled: 1 });
  await until(async () => (await trader.balance("USD"))?.held === "0");
  const late = await runExchange("market", "resume", market);
  expect(late).toMatchObject({ exitCode: 1, stdout: "" });
  expect(late.stderr).toContain("MARKET_CLOSED");
  expect(await trader.place(limit(market, "buy", "2.00"))).toMatchObject({
    rejectCode: "MARKET_CLOSED",
  });
  const nowhere = await runExchange("market", "halt", "NO-WHERE");
  expect(nowhere.exitCode).toBe(1);
  expect(nowhere.stderr).toContain("There is no market NO-WHERE");
  expect((await runExchange("market", "paint", market)).exitCode).toBe(2);
  for (const args of [["halt"], ["halt", market, "--now"], ["add", market]]) {
    await expect(verb.run(args)).rejects.toThrow(UsageError);
  }
});
