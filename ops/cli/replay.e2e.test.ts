/** Real order flow through the public door of a running exchange. */

import { afterEach, expect, test } from "bun:test";

import type { LossyCrowd } from "./testing/lossy-crowd.ts";
import { openLossyCrowd } from "./testing/lossy-crowd.ts";
import { listOwnMarket, replayFile } from "./testing/replay-file.ts";
import { expectExchange } from "./testing/run-exchange.ts";

const LIMIT_MS = 240_000;

/** They lose one message in twenty, and their connection now and then. */
const FOLLOWERS = 5;

const closing: LossyCrowd[] = [];
afterEach(() => {
  for (const crowd of closing.splice(0)) crowd.close();
});

test(
  "3,000 recorded events trade as a naive book fed from the file does, and the books balance, and whoever lost messages has it all",
  async () => {
    const market = await listOwnMarket();
    const crowd = await openLossyCrowd(market, FOLLOWERS);
    closing.push(crowd);
    const replayed = await replayFile("orders-3000.csv.gz", market);
    expect(replayed.trades).toBe(replayed.twinTrades);
    expect(replayed.trades.split("\n").length).toBeGreaterThan(50);
    expect(replayed.answered).toBe(replayed.steps);
    await crowd.expectWhole();
    const audit = await expectExchange("audit");
    expect(audit.trim().split("\n").at(-1)).toBe("0 violations");
  },
  LIMIT_MS,
);
