/**
 * Public reads that many clients ask for at once. An answer is kept until its market's data moves on, and those who ask
 * for one that is being read wait for it too. In a market that moves all the time the last answer is good for a moment
 * more, with the position that it shows: however many read and trade, a question costs the market service so many
 * reads a second.
 */

import type { Telemetry } from "@exchange/streams/runtime";
import { LRUCache } from "lru-cache";
import type { NatsConnection } from "nats";

import type { ServiceOutcome } from "../deps.ts";
import type { MarketCacheMetrics } from "./market-cache-metrics.ts";
import { createMarketCacheMetrics } from "./market-cache-metrics.ts";
import type { MarketNews } from "./market-news.ts";
import { createMarketNews } from "./market-news.ts";

/** A lost message, and a service that has gone, are noticed after this long. */
const AGE_MAX_MS = 1000;
/** Of an answer that is not the newest any more: when it is read again, and how long it is given meanwhile. */
const READ_AGAIN_MS = 50;
const OUTDATED_MAX_MS = 100;
/** Levels, trades and candles in all answers together. */
const ROWS_MAX = 200_000;

type Read<Request, Value> = (
  body: Request,
  traceparent: string | undefined,
) => Promise<ServiceOutcome<Value>>;

type Answered<Value> = Extract<ServiceOutcome<Value>, { readonly kind: "ok" }>;

interface Kept<Value> {
  readonly outcome: Answered<Value>;
  readonly version: number;
  readonly askedMs: number;
}

export interface MarketCacheOptions {
  readonly news: Pick<MarketNews, "version">;
  readonly metrics: MarketCacheMetrics;
  readonly clock?: { now(): number };
}

export interface CachedRead<Request, Value> {
  readonly name: "book" | "trades" | "ticker" | "candles";
  /** Where a message says that the answer is not the newest any more. */
  readonly subjectOf: (body: Request) => string;
  readonly rowsOf: (value: Value) => number;
  readonly read: Read<Request, Value>;
}

export function createMarketCache({ news, metrics, clock = performance }: MarketCacheOptions) {
  return <Request, Value>(cached: CachedRead<Request, Value>): Read<Request, Value> => {
    const { name, subjectOf, rowsOf, read } = cached;
    const reading = new Map<string, Promise<ServiceOutcome<Value>>>();
    const answers = new LRUCache<string, Kept<Value>>({
      maxSize: ROWS_MAX,
      sizeCalculation: ({ outcome }) => 1 + rowsOf(outcome.value),
      ttl: AGE_MAX_MS,
      ttlResolution: 0,
      perf: clock,
    });
    const [hits, outdated, shared, misses, seconds] = [
      metrics.reads.labels(name, "hit"),
      metrics.reads.labels(name, "outdated"),
      metrics.reads.labels(name, "shared"),
      metrics.reads.labels(name, "miss"),
      metrics.loadSeconds.labels(name),
    ];

    /** Only what was answered is kept: a refusal or a silence is asked again. */
    async function load(key: string, body: Request, traceparent: string | undefined) {
      const askedMs = clock.now();
      // Looked at before asking: what is heard meanwhile may be newer than the answer.
      const version = news.version(subjectOf(body));
      const outcome = await read(body, traceparent);
      if (outcome.kind === "ok") answers.set(key, { outcome, version, askedMs });
      seconds.observe((clock.now() - askedMs) / 1000);
      return outcome;
    }

    function startLoading(key: string, body: Request, traceparent: string | undefined) {
      const loading = load(key, body, traceparent).finally(() => reading.delete(key));
      reading.set(key, loading);
      return loading;
    }

    return async (body, traceparent) => {
      const key = JSON.stringify(body);
      const kept = answers.get(key);
      if (kept !== undefined && kept.version === news.version(subjectOf(body))) {
        hits.inc();
        return kept.outcome;
      }
      const underWay = reading.get(key);
      const ageMs = kept === undefined ? Number.POSITIVE_INFINITY : clock.now() - kept.askedMs;
      if (kept !== undefined && ageMs < OUTDATED_MAX_MS) {
        outdated.inc();
        if (ageMs >= READ_AGAIN_MS && underWay === undefined) {
          // Whoever waits for the next one hears of a failure.
          void startLoading(key, body, traceparent).catch(() => undefined);
        }
        return kept.outcome;
      }
      if (underWay !== undefined) {
        shared.inc();
        return await underWay;
      }
      misses.inc();
      return await startLoading(key, body, traceparent);
    };
  };
}

export interface OpenMarketCache {
  readonly cached: ReturnType<typeof createMarketCache>;
  stop(): void;
}

export function openMarketCache(
  connection: NatsConnection,
  telemetry: Pick<Telemetry, "registry">,
): OpenMarketCache {
  const news = createMarketNews(connection);
  const cached = createMarketCache({ news, metrics: createMarketCacheMetrics(telemetry) });
  return { cached, stop: () => news.stop() };
}
