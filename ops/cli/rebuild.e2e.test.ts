import { afterEach, expect, setDefaultTimeout, test } from "bun:test";

import type { Trader } from "./testing/open-trader.ts";
import { openTrader } from "./testing/open-trader.ts";
import { listOwnMarket } from "./testing/replay-file.ts";
import { expectExchange } from "./testing/run-exchange.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(120_000);

let trader: Trader;
afterEach(() => trader.close());

test("views of a market that stands still are the same when they were made anew", async () => {
  const market = await listOwnMarket();
  const [base = ""] = market.split("-");
  trader = await openTrader({ USD: "100", [base]: "5" });
  for (const [side, price] of [
    ["sell", "3.00"],
    ["sell", "2.00"],
    ["buy", "2.00"],
    ["buy", "1.00"],
  ]) {
    await trader.place({ market, type: "limit", side, price, quantity: "1" });
  }
  const said = await expectExchange("rebuild", "market", market, "--json");
  expect(JSON.parse(said)).toMatchObject({ market, result: "same" });
});
