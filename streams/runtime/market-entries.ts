/** What the entries of the MARKETS bucket say, also when some come twice or late. */

import type { KvEntry } from "nats";

import { decodeJson } from "../codec.ts";
import type {
  AssetDefinition,
  AssetId,
  Market,
  MarketDefinition,
  MarketId,
} from "../contract/index.ts";
import { createMarket } from "../contract/index.ts";

export interface MarketEntries {
  readonly markets: ReadonlyMap<MarketId, Market>;
  readonly assets: ReadonlyMap<AssetId, AssetDefinition>;
  /** Calls back for every market now, and again whenever one is listed or changed. */
  readonly onMarket: (listener: (market: Market) => void) => void;
  /** Changes nothing unless it is later than what was taken for its key: in a cluster a reader may be told old news. */
  readonly take: (entry: MarketEntry) => void;
}

export type MarketEntry = Pick<KvEntry, "key" | "operation" | "revision" | "value">;

export function createMarketEntries(): MarketEntries {
  const markets = new Map<MarketId, Market>();
  const assets = new Map<AssetId, AssetDefinition>();
  const revisions = new Map<string, number>();
  const listeners: ((market: Market) => void)[] = [];
  return {
    markets,
    assets,
    onMarket(listener) {
      listeners.push(listener);
      for (const market of markets.values()) listener(market);
    },
    take({ key, operation, revision, value }) {
      if (revision <= (revisions.get(key) ?? 0)) return;
      revisions.set(key, revision);
      if (operation !== "PUT") return;
      if (key.startsWith("asset.")) {
        const asset = decodeJson<AssetDefinition>(value);
        assets.set(asset.asset, asset);
        return;
      }
      const market = createMarket(decodeJson<MarketDefinition>(value));
      markets.set(market.market, market);
      for (const listener of listeners) listener(market);
    },
  };
}
