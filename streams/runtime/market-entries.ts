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
import { assert, createMarket } from "../contract/index.ts";
import { bucket } from "../subjects.ts";

export interface MarketEntries {
  readonly markets: ReadonlyMap<MarketId, Market>;
  readonly assets: ReadonlyMap<AssetId, AssetDefinition>;
  /** Calls back for every market now, and again whenever one is listed or changed. */
  readonly onMarket: (listener: (market: Market) => void) => void;
  /**
   * Changes nothing unless it is later than what was taken for its key: in a cluster a reader may be told old news. Nor when
   * it cannot be read: what was said before stays, and the other markets go on.
   */
  readonly take: (entry: MarketEntry) => void;
}

export type MarketEntry = Pick<KvEntry, "key" | "operation" | "revision" | "value">;

/** What stands under that key of the MARKETS bucket is no definition of it: somebody wrote there by hand. */
class UnreadableDefinition extends Error {
  constructor(key: string, cause: unknown) {
    super(`${key} in the bucket ${bucket.markets} cannot be read: ${String(cause)}`, { cause });
  }
}

export function createMarketEntries(
  onUnreadable: (error: UnreadableDefinition) => void,
): MarketEntries {
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
      const definition = readDefinition(key, value);
      if (definition instanceof UnreadableDefinition) onUnreadable(definition);
      else if ("market" in definition) {
        markets.set(definition.market, definition);
        for (const listener of listeners) listener(definition);
      } else assets.set(definition.asset, definition);
    },
  };
}

function readDefinition(
  key: string,
  value: Uint8Array,
): Market | AssetDefinition | UnreadableDefinition {
  try {
    if (key.startsWith("asset.")) {
      const asset = decodeJson<AssetDefinition>(value);
      assert(key === `asset.${asset.asset}`, `it is of ${asset.asset}`);
      return asset;
    }
    const market = createMarket(decodeJson<MarketDefinition>(value));
    assert(key === `market.${market.market}`, `it is of ${market.market}`);
    return market;
  } catch (error) {
    return new UnreadableDefinition(key, error);
  }
}
