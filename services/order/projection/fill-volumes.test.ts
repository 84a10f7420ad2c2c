import { expect, test } from "bun:test";

import { fillOf } from "../fill.ts";
import { testMarket, traded } from "../testing/events.ts";
import { volumesOf } from "./fill-volumes.ts";

const DAY_MS = 86_400_000;

test("both sides of a trade count, by account and day, in the order of the accounts", () => {
  const trade = traded({ command: 2048, index: 1, maker: 1024, price: 100, qty: 3 });
  const later = { ...trade, timeMs: DAY_MS + 5 };
  const fills = [trade, trade, later].flatMap((one) => [
    fillOf(testMarket, { ...one, maker: { ...one.maker, accountId: 9 } }, "maker"),
    fillOf(testMarket, one, "taker"),
  ]);
  expect(volumesOf(fills)).toEqual([
    { accountId: 7, day: 0, tickLots: 600n },
    { accountId: 7, day: 1, tickLots: 300n },
    { accountId: 9, day: 0, tickLots: 600n },
    { accountId: 9, day: 1, tickLots: 300n },
  ]);
});
