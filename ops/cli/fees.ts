/** `exchange fees`: rates by tier, of all markets with a quote or of one market. */

import type { FeeTier, Market, MarketFees } from "@exchange/streams/contract";
import { changeFees, formatDecimal, parseDecimal } from "@exchange/streams/contract";
import { writeMarketFees } from "@exchange/streams/runtime";

import type { Exchange } from "../exchange/connect.ts";
import { listMarkets, withExchange } from "../exchange/connect.ts";
import { Failure } from "../setup/failure.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions, UsageError } from "./options.ts";

const TIER_PATTERN = /^(?<volume>[0-9.]+):(?<maker>\d{1,7}):(?<taker>\d{1,7})$/;

export const fees: OperatorVerb = {
  effects: new Map([
    ["list", "reads"],
    ["set", "changes"],
  ]),
  summary: "show and set fee rates by tier",
  help: `Usage: bun run exchange fees [list] [--json]
       bun run exchange fees set MARKET|QUOTE --tiers VOLUME:MAKER:TAKER,...|none

A tier is reached by what an account traded in 30 days in all markets with the same quote: VOLUME in quote units, MAKER and
TAKER in parts per million of what is received. Below the first tier the market's own rates count. With a QUOTE every
market that is quoted in it gets the tiers, with a MARKET only that one, which then differs from the others. A new rate counts for orders that are
placed or amended afterwards; a tier that was reached counts within about a minute.

  bun run exchange fees set USD --tiers 100000:900:1800,1000000:800:1600

A fill says its tier by its rate, so a rate that was one tier's cannot become another's: choose one that differs by 1.`,
  run: async (given) => {
    const [first = "list", ...rest] = given;
    const isAction = !first.startsWith("-");
    const args = isAction ? rest : given;
    switch (isAction ? first : "list") {
      case "list":
        return await list(args);
      case "set":
        return await set(args);
      default:
        throw new UsageError(`fees does not know ${first}.`);
    }
  },
};

async function list(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, []);
  const markets = await withExchange(listMarkets);
  for (const market of markets) print(market, options.flag("json"));
  return 0;
}

async function set(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, { tiers: "string" }, ["MARKET|QUOTE"]);
  const [scope = ""] = options.positionals;
  const tiers = options.required("tiers");
  const changed = await withExchange(async (exchange) => {
    const markets = await marketsOf(exchange, scope);
    // All are looked at before the first is changed.
    for (const market of markets) feesFor(market, tiers);
    return await Promise.all(
      markets.map(async ({ market }) =>
        writeMarketFees(exchange.connection, market, (current) => feesFor(current, tiers)),
      ),
    );
  });
  for (const market of changed) print(market, options.flag("json"));
  return 0;
}

async function marketsOf(exchange: Exchange, scope: string): Promise<readonly Market[]> {
  const all = await listMarkets(exchange);
  const found = all.filter(({ market, quote }) => market === scope || quote === scope);
  if (found.length === 0) throw new Failure(`There is no market or quote ${scope}.`);
  return found;
}

function feesFor(market: Market, text: string): MarketFees {
  const changed = changeFees(market, parseTiers(market, text));
  if (typeof changed === "string") throw new UsageError(`${market.market}: ${changed}.`);
  return changed;
}

function parseTiers(market: Market, text: string): FeeTier[] {
  if (text === "none") return [];
  return text.split(",").map((part, index) => {
    const { volume = "", maker, taker } = TIER_PATTERN.exec(part)?.groups ?? {};
    const units = parseDecimal(volume, market.quoteScale);
    if (typeof units === "string") {
      throw new UsageError(`${part} is not VOLUME:MAKER:TAKER, like 100000:900:1800.`);
    }
    return {
      tier: index + 1,
      volume: String(units),
      makerFeePpm: Number(maker),
      takerFeePpm: Number(taker),
    };
  });
}

function print(market: Market, json: boolean): void {
  const { makerFeePpm, takerFeePpm, fees: own, quote, quoteScale } = market;
  const tiers = own?.tiers ?? [];
  if (json) {
    console.log(JSON.stringify({ market: market.market, makerFeePpm, takerFeePpm, tiers }));
    return;
  }
  console.log(`${market.market}  ${makerFeePpm}/${takerFeePpm} ppm`);
  for (const tier of tiers) {
    const volume = formatDecimal(BigInt(tier.volume), quoteScale);
    console.log(
      `  tier ${tier.tier}  from ${volume} ${quote}  ${tier.makerFeePpm}/${tier.takerFeePpm} ppm`,
    );
  }
}
