import { expect, test } from "bun:test";

import { market } from "../testing/fixture.ts";
import { createOrderReader } from "./order-reader.ts";

const reader = createOrderReader({
  get: (id) => (id === market.market ? market : undefined),
  list: () => [market],
  asset: () => undefined,
  assets: () => [],
});

const limit = { market: "BTC-USD", side: "buy", type: "limit", price: "1.00", quantity: "1" };
const atMarket = { market: "BTC-USD", side: "buy", type: "market", quantity: "1" };

function check(body: unknown, ...expected: string[]): void {
  const parsed = reader.read(body);
  const errors = parsed.kind === "invalid" ? parsed.errors : [];
  expect(errors.map(({ path, code }) => `${path} ${code}`)).toEqual(expected);
}

test.each<[string, unknown, ...string[]]>([
  [
    "a limit order needs price and quantity",
    { ...limit, price: undefined, quantity: undefined },
    "price REQUIRED",
    "quantity REQUIRED",
  ],
  [
    "every bad field is named at once",
    { ...limit, side: "up", price: "1.001", quantity: "0", extra: 1 },
    "side NOT_ONE_OF",
    "extra UNKNOWN_FIELD",
    "price OFF_STEP",
    "quantity OUT_OF_RANGE",
  ],
  ["zero is no price", { ...limit, price: "0" }, "price OUT_OF_RANGE"],
  ["a sign is no digit", { ...limit, price: "-1" }, "price NOT_A_DECIMAL"],
  ["an exponent is no digit", { ...limit, quantity: "1e3" }, "quantity NOT_A_DECIMAL"],
  ["a number is not text", { ...limit, quantity: 1 }, "quantity WRONG_TYPE"],
  [
    "decimals past the scale are refused, zeros too",
    { ...limit, quantity: "1.000000000" },
    "quantity TOO_PRECISE",
  ],
  ["an off-tick price is refused", { ...limit, price: "1.005" }, "price OFF_STEP"],
  ["a price past the ticks is refused", { ...limit, price: "99999999999" }, "price OUT_OF_RANGE"],
  ["a long number is refused", { ...limit, price: "1".repeat(39) }, "price TOO_LONG"],
  ["other digits are refused", { ...limit, price: "١" }, "price NOT_A_DECIMAL"],
  ["an id with a dot is refused", { ...limit, clientOrderId: "a.b" }, "clientOrderId BAD_FORMAT"],
  [
    "an id with a wildcard is refused",
    { ...limit, clientOrderId: "a*" },
    "clientOrderId BAD_FORMAT",
  ],
  ["a long id is refused", { ...limit, clientOrderId: "a".repeat(37) }, "clientOrderId BAD_FORMAT"],
  ["an unknown market is named", { ...limit, market: "ETH-USD" }, "market UNKNOWN_MARKET"],
  ["a market name is a pattern", { ...limit, market: "BTC>USD" }, "market BAD_FORMAT"],
  [
    "post-only does not go with IOC",
    { ...limit, timeInForce: "IOC", postOnly: true },
    "postOnly NOT_ALLOWED",
  ],
  ["a limit order has no budget", { ...limit, budget: "5" }, "budget NOT_ALLOWED"],
  ["a market order has no limit price", { ...atMarket, price: "1" }, "price NOT_ALLOWED"],
  ["a market order has a size", { ...atMarket, quantity: undefined }, "quantity REQUIRED"],
  ["a market order has one size", { ...atMarket, budget: "1" }, "budget NOT_ALLOWED"],
  [
    "a sell has no budget",
    { ...atMarket, quantity: undefined, side: "sell", budget: "1" },
    "budget NOT_ALLOWED",
  ],
  ["a market order does not rest", { ...atMarket, timeInForce: "GTC" }, "timeInForce NOT_ALLOWED"],
  ["a stop has a trigger", { ...atMarket, type: "stop-market" }, "triggerPrice REQUIRED"],
  [
    "a stop-limit has a limit price too",
    { ...atMarket, type: "stop-limit" },
    "price REQUIRED",
    "triggerPrice REQUIRED",
  ],
  [
    "a trailing stop has a distance and no trigger",
    { ...atMarket, type: "trailing-stop-market", triggerPrice: "1" },
    "triggerPrice NOT_ALLOWED",
    "trailingOffset REQUIRED",
  ],
  ["a limit order has no trigger", { ...limit, triggerPrice: "1" }, "triggerPrice NOT_ALLOWED"],
  [
    "a limit order has no protection",
    { ...limit, protectionPrice: "1" },
    "protectionPrice NOT_ALLOWED",
  ],
  [
    "a waiting order is never filled whole or not at all",
    { ...atMarket, type: "stop-market", triggerPrice: "1", timeInForce: "FOK" },
    "timeInForce NOT_ALLOWED",
  ],
  ["GTD says when", { ...limit, timeInForce: "GTD" }, "expireTimeMs REQUIRED"],
  ["GTC does not", { ...limit, expireTimeMs: 5 }, "expireTimeMs NOT_ALLOWED"],
  [
    "a time is whole",
    { ...limit, timeInForce: "GTD", expireTimeMs: 1.5 },
    "expireTimeMs WRONG_TYPE",
  ],
  [
    "an iceberg rests",
    { ...limit, timeInForce: "IOC", displayQuantity: "0.5" },
    "displayQuantity NOT_ALLOWED",
  ],
  [
    "an iceberg shows at most all",
    { ...limit, displayQuantity: "1.5" },
    "displayQuantity OUT_OF_RANGE",
  ],
  ["only post-only slides", { ...limit, postOnlySlide: true }, "postOnlySlide NOT_ALLOWED"],
  [
    "self-trade prevention has modes",
    { ...limit, selfTradePrevention: "maybe" },
    "selfTradePrevention NOT_ONE_OF",
  ],
  ["an array is no order", [], " WRONG_TYPE"],
  ["null is no order", null, " WRONG_TYPE"],
])("%s", (_, body, ...expected) => check(body, ...expected));

test("terms of every order type arrive in engine units", () => {
  const { quantity: _, ...unsized } = atMarket;
  expect(
    reader.read({ ...unsized, type: "stop-market", budget: "100.00", triggerPrice: "231.00" }),
  ).toMatchObject({ value: { sizing: "budget", triggerTicks: 23_100, timeInForce: "GTC" } });
  expect(
    reader.read({ ...atMarket, type: "trailing-stop-market", trailingOffset: "2.00" }),
  ).toMatchObject({ value: { trailingOffsetTicks: 200 } });
  const iceberg = {
    ...limit,
    timeInForce: "GTD",
    expireTimeMs: 5,
    displayQuantity: "0.5",
    postOnly: true,
    postOnlySlide: true,
    selfTradePrevention: "cancel-both",
  };
  expect(reader.read(iceberg)).toMatchObject({
    value: {
      timeInForce: "GTD",
      expireTimeMs: 5,
      displayLots: 50_000_000,
      postOnlySlide: true,
      selfTradePrevention: "cancel-both",
    },
  });
});

test("ids that differ in case stay two ids", () => {
  for (const clientOrderId of ["Abc", "aBC"]) {
    expect(reader.read({ ...limit, clientOrderId })).toMatchObject({ value: { clientOrderId } });
  }
});

test("a budget becomes ticks × lots and a protection price ticks", () => {
  const { quantity: _, ...unsized } = atMarket;
  const parsed = reader.read({ ...unsized, budget: "100.00", protectionPrice: "231.00" });
  expect(parsed).toMatchObject({
    kind: "valid",
    value: { sizing: "budget", budget: 1_000_000_000_000, priceTicks: 23_100, timeInForce: "IOC" },
  });
});
