import { expect, test } from "bun:test";
import { join } from "node:path";

import { createMarket } from "@exchange/streams/contract";

import { defaultMarkets } from "../../setup/provisioning/default-markets.ts";
import { planReplay } from "./plan.ts";
import { parseEvents, readEvents } from "./read-events.ts";

const [definition] = defaultMarkets;
if (definition === undefined) throw new Error("there is no default market");
const market = createMarket(definition);

const folder = join(import.meta.dir, "../../data/bitstamp-2015-05-01");
const header = "id,timestamp,exchange.timestamp,price,volume,action,direction";

test("the recorded flow has the orders and deletions its README names", async () => {
  const { steps } = planReplay(await readEvents(join(folder, "orders.csv.gz")), market, 50);
  expect(steps.filter(({ kind }) => kind === "place").length).toBe(24_894);
  expect(steps.filter(({ kind }) => kind === "cancel").length).toBe(24_918);
});

test("the sample is the start of the whole", async () => {
  const sample = await readEvents(join(folder, "orders-3000.csv.gz"));
  expect(sample).toEqual(await readEvents(join(folder, "orders.csv.gz"), 3000));
  expect(sample.length).toBe(3000);
});

test("orders become exact steps of the market, deletions cancels, and changes nothing", () => {
  const events = parseEvents(
    `${header}\n7,1,1,236.47,200000000,created,bid\n7,2,1,236.47,178855669,changed,bid\n` +
      "108,3,1,236.5,1,created,ask\n7,4,1,236.47,0,deleted,bid\n",
  );
  const { steps, funding } = planReplay(events, market, 50);
  expect(steps).toMatchObject([
    {
      kind: "place",
      trader: 7,
      clientOrderId: "7",
      side: "buy",
      priceTicks: 23_647,
      qtyLots: 200_000_000,
      price: "236.47",
      quantity: "2.00000000",
    },
    {
      kind: "place",
      trader: 8,
      clientOrderId: "108",
      side: "sell",
      priceTicks: 23_650,
      qtyLots: 1,
      price: "236.50",
      quantity: "0.00000001",
    },
    { kind: "cancel", trader: 7, clientOrderId: "7" },
  ]);
  expect(funding).toEqual([
    { trader: 7, asset: "USD", amount: "472.94" },
    { trader: 8, asset: "BTC", amount: "0.00000001" },
  ]);
});

test("a trader is funded for all of their orders together", () => {
  const events = parseEvents(
    `${header}\n1,1,1,100.00,100000000,created,bid\n51,1,1,0.01,3,created,bid\n`,
  );
  expect(planReplay(events, market, 50).funding).toEqual([
    { trader: 1, asset: "USD", amount: "100.0000000003" },
  ]);
});

test.each([
  ["another header", "id,price\n"],
  ["a short line", `${header}\n1,2,3\n`],
  ["an unknown action", `${header}\n1,1,1,236.47,1,moved,bid\n`],
  ["a negative volume", `${header}\n1,1,1,236.47,-1,created,bid\n`],
])("%s is refused with its line", (_, text) => {
  expect(() => parseEvents(text)).toThrow(/line/i);
});

test("a price the market does not know is refused, not rounded", () => {
  const events = parseEvents(`${header}\n1,1,1,236.475,1,created,bid\n`);
  expect(() => planReplay(events, market, 50)).toThrow("Order 1 does not fit");
});
