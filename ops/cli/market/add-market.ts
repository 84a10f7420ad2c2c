/** Listing a market while the exchange runs: its logs first, then the definition that everybody watches. */

import type { AssetDefinition, MarketDefinition } from "@exchange/streams/contract";
import { ASSET_ID_PATTERN, createMarket, MARKET_ID_PATTERN } from "@exchange/streams/contract";
import { listMarket, watchMarkets } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { UsageError } from "../options.ts";

export interface NewMarket {
  /** `<BASE>-<QUOTE>`. */
  readonly market: string;
  readonly tick: string;
  readonly lot: string;
  /** Of an asset that is not listed yet. */
  readonly baseScale: number;
  readonly quoteScale: number;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
}

/** Needs the user who may create streams. Refuses a market that is listed, and one that would have to round. */
export async function addMarket(
  connection: NatsConnection,
  input: NewMarket,
): Promise<MarketDefinition> {
  const { market, tick, lot, makerFeePpm, takerFeePpm } = input;
  const [base = "", quote = ""] = market.split("-");
  if (!MARKET_ID_PATTERN.test(market)) throw new UsageError(`${market} is not <BASE>-<QUOTE>.`);
  const directory = await watchMarkets(connection);
  directory.stop();
  if (directory.get(market) !== undefined) throw new UsageError(`${market} is listed already.`);
  const baseAsset = directory.asset(base) ?? newAsset(base, input.baseScale);
  const quoteAsset = directory.asset(quote) ?? newAsset(quote, input.quoteScale);
  const definition: MarketDefinition = {
    market,
    base,
    quote,
    baseScale: baseAsset.scale,
    quoteScale: quoteAsset.scale,
    tick,
    lot,
    makerFeePpm,
    takerFeePpm,
    state: "continuous",
    version: 1,
    epoch: 1,
  };
  assertExact(definition);
  await listMarket(connection, definition, [baseAsset, quoteAsset]);
  return definition;
}

function newAsset(asset: string, scale: number): AssetDefinition {
  if (!ASSET_ID_PATTERN.test(asset)) throw new UsageError(`${asset} is no asset's id.`);
  return { asset, scale, payoutScale: scale };
}

function assertExact(definition: MarketDefinition): void {
  try {
    createMarket(definition);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
