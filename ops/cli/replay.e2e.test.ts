/** Real order flow through the public door of a running exchange. */

import { expect, test } from "bun:test";

import { listOwnMarket, replayFile } from "./testing/replay-file.ts";
import { expectExchange } from "./testing/run-exchange.ts";

const LIMIT_MS = 240_000;

test(
  "3,000 recorded events trade as a naive book fed from the file does, and the books balance",
  async () => {
    const market = await listOwnMarket();
    const replayed = await replayFile("orders-3000.csv.gz", market);
    expect(replayed.trades).toBe(replayed.twinTrades);
    expect(replayed.trades.split("\n").length).toBeGreaterThan(50);
    expect(replayed.answered).toBe(replayed.steps);
    const audit = await expectExchange("audit");
    expect(audit.trim().split("\n").at(-1)).toBe("0 violations");
  },
  LIMIT_MS,
);
