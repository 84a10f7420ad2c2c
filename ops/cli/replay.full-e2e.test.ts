/** The whole recording, 49,812 commands, through the public door of a running exchange. */

import { afterEach, expect, test } from "bun:test";

import type { LossyCrowd } from "./testing/lossy-crowd.ts";
import { openLossyCrowd } from "./testing/lossy-crowd.ts";
import { listOwnMarket, replayFile } from "./testing/replay-file.ts";
import { expectExchange } from "./testing/run-exchange.ts";

const LIMIT_MS = 60 * 60_000;

/** They lose one message in twenty, and their connection now and then. */
const FOLLOWERS = 20;

const closing: LossyCrowd[] = [];
afterEach(() => {
  for (const crowd of closing.splice(0)) crowd.close();
});

test(
  "five hours of real orders trade as a naive book fed from the file does, and the books balance, and whoever lost messages has it all",
  async () => {
    const market = await listOwnMarket();
    const crowd = await openLossyCrowd(market, FOLLOWERS);
    closing.push(crowd);
    const replayed = await replayFile("orders.csv.gz", market);
    expect(replayed.trades).toBe(replayed.twinTrades);
    expect(replayed.answered).toBe(49_812);
    await crowd.expectWhole();
    const audit = await expectExchange("audit");
    expect(audit.trim().split("\n").at(-1)).toBe("0 violations");
  },
  LIMIT_MS,
);
