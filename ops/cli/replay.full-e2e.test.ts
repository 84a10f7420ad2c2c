/** The whole recording, 49,812 commands, through the public door of a running exchange. */

import { expect, test } from "bun:test";

import { listOwnMarket, replayFile } from "./testing/replay-file.ts";
import { expectExchange } from "./testing/run-exchange.ts";

const LIMIT_MS = 60 * 60_000;

test(
  "five hours of real orders trade as a naive book fed from the file does, and the books balance",
  async () => {
    const market = await listOwnMarket();
    const replayed = await replayFile("orders.csv.gz", market);
    expect(replayed.trades).toBe(replayed.twinTrades);
    expect(replayed.answered).toBe(49_812);
    const audit = await expectExchange("audit");
    expect(audit.trim().split("\n").at(-1)).toBe("0 violations");
  },
  LIMIT_MS,
);
