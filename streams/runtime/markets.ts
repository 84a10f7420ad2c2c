/** The markets and assets this process knows, kept current from the MARKETS bucket. */

import { setTimeout as sleep } from "node:timers/promises";

import type { KV, NatsConnection } from "nats";

import { decodeJson, encodeJson } from "../codec.ts";
import type {
  AssetDefinition,
  AssetId,
  Market,
  MarketDefinition,
  MarketFees,
  MarketId,
  MarketStatus,
} from "../contract/index.ts";
import { comparePositions, createMarket, GENESIS } from "../contract/index.ts";
import { bucket } from "../subjects.ts";
import { jetStreamCode, natsErrorCode } from "./error-code.ts";
import { createMarketEntries } from "./market-entries.ts";
import { onReconnect } from "./on-reconnect.ts";
import type { Telemetry } from "./telemetry.ts";

/** Between two attempts to watch the bucket again. */
const WATCH_PAUSE_MS = 250;

export interface MarketDirectory {
  get(market: MarketId): Market | undefined;
  list(): readonly Market[];
  asset(asset: AssetId): AssetDefinition | undefined;
  assets(): readonly AssetDefinition[];
  /** Calls back for every market now, and again whenever one is listed or changed. */
  onMarket(listener: (market: Market) => void): void;
  /**
   * Hears of nothing until the next reconnect. For who knows that the bucket is out of reach while its connection stays:
   * the library would begin a new watch every ten seconds, and ask for each of them without end.
   */
  pause(): void;
  stop(): void;
}

/**
 * Resolves once what the bucket holds now is known. Of a definition that cannot be read it throws `UnreadableDefinition`,
 * unless there is a logger: a service goes on with its other markets.
 */
export async function watchMarkets(
  connection: NatsConnection,
  logger?: Telemetry["logger"],
): Promise<MarketDirectory> {
  const definitions = await openMarkets(connection);
  const { markets, assets, onMarket, take } = createMarketEntries((error) => {
    if (logger === undefined) throw error;
    logger.error({ err: error }, error.message);
  });

  const known = Promise.withResolvers<void>();
  let entries = await definitions.watch({ initializedFn: known.resolve });
  let isKnown = false;
  void takeAll(entries).catch((error: unknown) => {
    if (isKnown) throw error;
    known.reject(error);
  });
  await known.promise;
  isKnown = true;
  // The last entries may still stand in the iterator's queue when the watch says it is initialised.
  for await (const key of await definitions.keys()) {
    const entry = await definitions.get(key);
    if (entry !== null) take(entry);
  }

  async function takeAll(watched: typeof entries): Promise<void> {
    for await (const entry of watched) take(entry);
  }

  let watching = new AbortController();
  /** By itself the library would notice within a minute that it misses something. */
  async function watchAgain(): Promise<void> {
    watching.abort();
    watching = new AbortController();
    const { signal } = watching;
    while (!signal.aborted) {
      const next = await definitions.watch().catch(() => undefined);
      if (next === undefined) {
        // The server is away again.
        await sleep(WATCH_PAUSE_MS);
        continue;
      }
      if (signal.aborted) return next.stop();
      entries.stop();
      entries = next;
      return await takeAll(next);
    }
  }

  function endWatch(): void {
    watching.abort();
    entries.stop();
  }

  const stopListening = onReconnect(connection, () => void watchAgain());
  return {
    get: (market) => markets.get(market),
    list: () => [...markets.values()],
    asset: (asset) => assets.get(asset),
    assets: () => [...assets.values()],
    onMarket,
    pause: endWatch,
    stop() {
      stopListening();
      endWatch();
    },
  };
}

export async function writeAssetDefinition(
  connection: NatsConnection,
  asset: AssetDefinition,
): Promise<void> {
  const definitions = await openMarkets(connection);
  await definitions.put(`asset.${asset.asset}`, encodeJson(asset));
}

export async function writeMarketDefinition(
  connection: NatsConnection,
  market: MarketDefinition,
): Promise<void> {
  createMarket(market);
  const definitions = await openMarkets(connection);
  await definitions.put(`market.${market.market}`, encodeJson(market));
}

/**
 * Makes the definition follow what the log's events say. Whoever is behind writes nothing. False when nothing was to
 * be written.
 */
export async function writeMarketStatus(
  connection: NatsConnection,
  market: MarketId,
  status: MarketStatus,
): Promise<boolean> {
  return await changeDefinition(connection, market, (definition) => {
    const { changedAt = GENESIS } = status;
    if (comparePositions(changedAt, definition.changedAt ?? GENESIS) <= 0) return undefined;
    // Rules that are absent now must not stay.
    const { rules: _, ...others } = definition;
    return { ...others, ...status };
  });
}

/** From now on everybody goes on in the logs of this epoch. Never back. */
export async function writeMarketEpoch(
  connection: NatsConnection,
  market: MarketId,
  epoch: number,
): Promise<boolean> {
  return await changeDefinition(connection, market, (definition) =>
    definition.epoch < epoch ? { ...definition, epoch } : undefined,
  );
}

/** Of two at once the one that lost looks again. */
async function changeDefinition(
  connection: NatsConnection,
  market: MarketId,
  change: (definition: MarketDefinition) => MarketDefinition | undefined,
): Promise<boolean> {
  const definitions = await openMarkets(connection);
  const key = `market.${market}`;
  for (;;) {
    const entry = await definitions.get(key);
    if (entry?.operation !== "PUT") return false;
    const changed = change(decodeJson<MarketDefinition>(entry.value));
    if (changed === undefined) return false;
    try {
      await definitions.update(key, encodeJson(changed), entry.revision);
      return true;
    } catch (error) {
      if (natsErrorCode(error) !== jetStreamCode.wrongLastSequence) throw error;
    }
  }
}

/** Changes the market's fees. Of two at once the one that lost looks again. Returns the market as it is then. */
export async function writeMarketFees(
  connection: NatsConnection,
  market: MarketId,
  change: (market: Market) => MarketFees,
): Promise<Market> {
  let written: Market | undefined;
  await changeDefinition(connection, market, (definition) => {
    const changed = { ...definition, fees: change(createMarket(definition)) };
    written = createMarket(changed);
    return changed;
  });
  if (written === undefined) throw new Error(`market ${market} is not listed`);
  return written;
}

async function openMarkets(connection: NatsConnection): Promise<KV> {
  return await connection.jetstream().views.kv(bucket.markets, { bindOnly: true });
}
