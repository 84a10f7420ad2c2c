/** Bodies of placements: which of their fields go with which is not in the document. */

import fc from "fast-check";

/** Values by field name that mean something in the exchange that runs. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;

type Fields = Record<string, fc.Arbitrary<unknown>>;

const arbitraryClientOrderId = fc.stringMatching(/^[A-Za-z0-9_-]{8,36}$/);
const side = fc.constantFrom("buy", "sell");

export function arbitraryOrder(known: KnownValues): fc.Arbitrary<Record<string, unknown>> {
  const common = { market: pick(known, "market"), clientOrderId: arbitraryClientOrderId };
  const quantity = pick(known, "quantity");
  const price = pick(known, "price");
  const limit = { ...common, side, type: fc.constant("limit"), price, quantity };
  const market = { ...common, type: fc.constant("market"), protectionPrice: price };
  return fc.oneof(
    fc.record(
      { ...limit, timeInForce: fc.constantFrom("GTC", "IOC", "FOK") },
      { requiredKeys: ["market", "side", "type", "price", "quantity"] },
    ),
    fc.record({ ...limit, postOnly: fc.boolean() }),
    fc.record({ ...limit, displayQuantity: fc.constant("0.000001") }),
    fc.record({ ...market, side, quantity }),
    fc.record({ ...market, side: fc.constant("buy"), budget: pick(known, "budget") }),
    ...Object.values(waitingFields(known)).map((fields) =>
      fc.record({ ...common, side, quantity, ...fields }),
    ),
  );
}

export function arbitraryPair(known: KnownValues): fc.Arbitrary<Record<string, unknown>> {
  const { takeProfitLimit, takeProfitMarket, stopLimit, stopMarket, trailing } =
    waitingFields(known);
  const limit = { type: fc.constant("limit"), price: pick(known, "price") };
  return fc.record({
    market: pick(known, "market"),
    clientOrderId: arbitraryClientOrderId,
    side,
    quantity: pick(known, "quantity"),
    takeProfit: fc.oneof(fc.record(limit), fc.record(takeProfitLimit), fc.record(takeProfitMarket)),
    stopLoss: fc.oneof(fc.record(stopLimit), fc.record(stopMarket), fc.record(trailing)),
  });
}

type Waiting = "stopMarket" | "stopLimit" | "takeProfitMarket" | "takeProfitLimit" | "trailing";

function waitingFields(known: KnownValues): Record<Waiting, Fields> {
  const price = pick(known, "price");
  const trigger = { triggerPrice: price };
  return {
    stopMarket: { type: fc.constant("stop-market"), ...trigger, protectionPrice: price },
    stopLimit: { type: fc.constant("stop-limit"), ...trigger, price },
    takeProfitMarket: {
      type: fc.constant("market-if-touched"),
      ...trigger,
      protectionPrice: price,
    },
    takeProfitLimit: { type: fc.constant("limit-if-touched"), ...trigger, price },
    trailing: {
      type: fc.constant("trailing-stop-market"),
      trailingOffset: price,
      protectionPrice: price,
    },
  };
}

function pick(known: KnownValues, name: string): fc.Arbitrary<string> {
  return fc.constantFrom(...(known[name] ?? []));
}
