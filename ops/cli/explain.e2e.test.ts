/** One order's chain, from the logs and the ledger of the running exchange. */

import { afterEach, expect, setDefaultTimeout, test } from "bun:test";

import { parseDecimal } from "@exchange/streams/contract";
import { z } from "zod";

import type { Trader } from "./testing/open-trader.ts";
import { openTrader } from "./testing/open-trader.ts";
import { listOwnMarket } from "./testing/replay-file.ts";
import { expectExchange, runExchange } from "./testing/run-exchange.ts";

setDefaultTimeout(60_000);

/** As fine as any asset is. */
const SCALE = 10;

const Posting = z.object({
  kind: z.literal("posting"),
  transactionId: z.number(),
  asset: z.string(),
  reason: z.string(),
  availableChange: z.string(),
  heldChange: z.string(),
});
const Explained = z.object({
  order: z.string(),
  isOver: z.boolean(),
  isSettled: z.boolean(),
  holds: z.array(z.object({ amount: z.string(), remaining: z.string(), state: z.string() })),
  chain: z.array(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("command"), command: z.object({ kind: z.string() }) }),
      z.object({ kind: z.literal("event"), event: z.object({ kind: z.string() }) }),
      Posting,
    ]),
  ),
});
type Link = z.infer<typeof Explained>["chain"][number];

const traders: Trader[] = [];
afterEach(() => {
  for (const trader of traders.splice(0)) trader.close();
});

async function fund(funds: Readonly<Record<string, string>>): Promise<Trader> {
  const trader = await openTrader(funds);
  traders.push(trader);
  return trader;
}

function say(link: Link): string {
  switch (link.kind) {
    case "command":
      return link.command.kind;
    case "event":
      return link.event.kind;
    case "posting":
      return link.reason;
  }
}

function unitsOf(text: string): bigint {
  const units = parseDecimal(text.replace("-", ""), SCALE);
  if (typeof units !== "bigint") throw new Error(`${text} is ${units}`);
  return text.startsWith("-") ? -units : units;
}

/** By transaction and asset. */
function sumsOf(chain: readonly Link[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const link of chain) {
    if (link.kind !== "posting") continue;
    const key = `${link.transactionId} ${link.asset}`;
    const change = unitsOf(link.availableChange) + unitsOf(link.heldChange);
    sums.set(key, (sums.get(key) ?? 0n) + change);
  }
  return sums;
}

test("an order that traded and was cancelled is explained, from its hold to the last unit given back", async () => {
  const market = await listOwnMarket();
  const [base = ""] = market.split("-");
  const [seller, buyer] = [await fund({ [base]: "5" }), await fund({ USD: "100" })];
  const order = { market, type: "limit", price: "2.00" };
  const placed = await seller.place({ ...order, side: "sell", quantity: "5" });
  if (typeof placed === "string") throw new Error(placed);
  await buyer.place({ ...order, side: "buy", quantity: "2" });
  await seller.cancel(placed);

  const printed = await expectExchange("explain", placed.id, "--json");
  const explained = Explained.parse(JSON.parse(printed));
  expect(explained).toMatchObject({ order: placed.id, isOver: true, isSettled: true });
  expect(explained.holds).toMatchObject([{ amount: "5", remaining: "0", state: "DONE" }]);
  expect([...new Set(explained.chain.map(say))]).toEqual([
    "hold",
    "PlaceOrder",
    "OrderAccepted",
    "OrderRested",
    "Trade",
    "trade",
    "CancelOrder",
    "OrderCancelled",
    "cancel",
  ]);
  const [last] = explained.chain.filter(({ kind }) => kind === "posting").slice(-1);
  expect(last).toMatchObject({ asset: base, availableChange: "3", heldChange: "-3" });
  const sums = sumsOf(explained.chain);
  expect(sums.size).toBe(4);
  expect([...sums.values()].every((sum) => sum === 0n)).toBeTrue();
});

test("what is no order is refused in a line that says so", async () => {
  const { exitCode, stderr } = await runExchange("explain", "BTC-USD:1125899906842624");
  expect({ exitCode, stderr: stderr.trim() }).toEqual({
    exitCode: 1,
    stderr: "There is no command BTC-USD:1125899906842624.",
  });
});
