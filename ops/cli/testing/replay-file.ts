/** A recorded flow through a market of its own, compared with a book that was never near the exchange. */

import { randomBytes } from "node:crypto";
import { join } from "node:path";

import type { MarketDefinition } from "@exchange/streams/contract";
import { createMarket } from "@exchange/streams/contract";
import { z } from "zod";

import { planReplay } from "../replay/plan.ts";
import { readEvents } from "../replay/read-events.ts";
import { expectExchange } from "./run-exchange.ts";
import { twinTradesCsv } from "./twin-trades.ts";

const TRADERS = 50;

/** Capitals and digits that no other test took. */
export async function listOwnMarket(): Promise<string> {
  const market = `R${randomBytes(3).toString("hex").toUpperCase()}-USD`;
  await expectExchange("market", "add", market, "--tick", "0.01", "--lot", "0.00000001");
  return market;
}

const Summary = z.object({
  orders: z.number(),
  cancels: z.number(),
  answered: z.record(z.string(), z.number()),
  trades: z.number(),
  commandsPerSecond: z.number(),
});

export interface ReplayedFile {
  readonly summary: z.infer<typeof Summary>;
  /** Steps whose answer is known: all of them, since a replay goes on until there is one. */
  readonly answered: number;
  readonly steps: number;
  readonly trades: string;
  readonly twinTrades: string;
}

export async function replayFile(name: string, market: string): Promise<ReplayedFile> {
  const file = join(import.meta.dir, "../../data/bitstamp-2015-05-01", name);
  const traders = ["--traders", String(TRADERS)];
  const printed = await expectExchange("replay", file, "--market", market, ...traders, "--json");
  const summary = Summary.parse(JSON.parse(printed));
  const shown = await expectExchange("market", "show", market, "--json");
  const definition: MarketDefinition = { ...JSON.parse(shown), baseScale: 8, quoteScale: 10 };
  const { steps } = planReplay(await readEvents(file), createMarket(definition), TRADERS);
  const codes = Object.values(summary.answered);
  return {
    summary,
    answered: summary.orders + summary.cancels + codes.reduce((sum, count) => sum + count, 0),
    steps: steps.length,
    trades: await expectExchange("trades", market, "--csv"),
    twinTrades: twinTradesCsv(createMarket(definition), steps),
  };
}
