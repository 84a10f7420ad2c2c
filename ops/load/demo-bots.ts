/** Two market makers a market, so that trades flow at once. `ops/up --demo` keeps this running. */

import { createHttpClient } from "../http/client.ts";
import { type Ask, createPersistentAsk } from "../http/persistent.ts";
import { openSession } from "../http/session.ts";
import { runCommand } from "../setup/failure.ts";
import { defaultHome } from "../setup/home.ts";
import { readRunning } from "../setup/running.ts";
import { readSecrets } from "../setup/secrets.ts";
import { MarketMaker, type MarketMakerTerms } from "./market-maker.ts";

const turnEveryMs = 700;
const answerLimitMs = 30_000;

const markets: readonly MarketMakerTerms[] = [
  {
    market: "BTC-USD",
    base: "BTC",
    quote: "USD",
    anchor: 230,
    priceDecimals: 2,
    qtyDecimals: 4,
    qty: 0.5,
  },
  {
    market: "ETH-USD",
    base: "ETH",
    quote: "USD",
    anchor: 18,
    priceDecimals: 2,
    qtyDecimals: 3,
    qty: 4,
  },
];

await runCommand(async () => {
  const client = createHttpClient({
    url: readRunning().gatewayUrl,
    connectionsMax: 4,
    timeoutMs: answerLimitMs,
  });
  const ask = createPersistentAsk({ client, limitMs: answerLimitMs });
  const stopping = new AbortController();
  process.on("SIGTERM", () => stopping.abort());
  await Promise.all(["maker-1", "maker-2"].map((name) => runBot(ask, name, stopping.signal)));
  return 0;
});

/** One account that quotes every market. */
async function runBot(ask: Ask, name: string, stopping: AbortSignal): Promise<void> {
  const password = readSecrets(defaultHome()).demo;
  const session = await openSession(ask, { email: `${name}@example.org`, password });
  const makers = markets.map((terms) => new MarketMaker(session, terms));
  for (const maker of makers) await maker.start();
  while (!stopping.aborted) {
    for (const maker of makers) await maker.turn();
    await Bun.sleep(turnEveryMs * (0.5 + Math.random()));
  }
}
