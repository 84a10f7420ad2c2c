/** Which trades a range has, and how far settlement has to be before anything is said of those taken back before. */

import { expect, test } from "bun:test";

import type { ScriptOrder } from "@exchange/wallet/testing";
import { createMarketScript, scriptOrder, testMarket } from "@exchange/wallet/testing";

import { lastReversal, TradeGatherer } from "./find-trades.ts";

const script = createMarketScript(testMarket);
let holdId = 0;

function order(side: "buy" | "sell"): ScriptOrder {
  holdId += 1;
  return scriptOrder({ holdId, accountId: holdId, side, ticks: 10, lots: 5 });
}

function trade() {
  return script.trade(order("sell"), order("buy"), { lots: 5, timeMs: 1 });
}

test("an approval that is run again waits for the command of the run before", () => {
  const [before, first, last, behind] = [trade(), trade(), trade(), trade()];
  const events = [before, first, last, behind];
  const whole = { from: first, to: last };
  const gatherer = new TradeGatherer(whole);
  for (const event of events) gatherer.add(event);
  expect(gatherer.trades.map(({ command }) => command)).toEqual([first.command, last.command]);
  expect(lastReversal(gatherer)).toBe(0);

  const done = script.reverse([last, first], 2);
  gatherer.add(done);
  // What comes again, and what is of other trades, need not be waited for.
  gatherer.add(script.reverse([last], 3));
  gatherer.add(script.reverse([behind], 4));
  expect(lastReversal(gatherer)).toBe(done.command);
});
