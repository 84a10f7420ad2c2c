/** `exchange rebuild market`: views made anew from the streams, compared to those before. */

import { rebuildViews } from "@exchange/market/api";
import { openRedis } from "@exchange/store";
import { stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { request } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { readViewsAt } from "../audit/read/views.ts";
import type { Exchange } from "../exchange/connect.ts";
import { listMarkets, readMarket, withExchange } from "../exchange/connect.ts";
import { lastSequence } from "../exchange/read-log.ts";
import { Failure } from "../setup/failure.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions, UsageError } from "./options.ts";

const ASK_TIMEOUT_MS = 5000;
/** Of several market processes one follows the market, and requests go to any of them. */
const ASKS_MAX = 50;
const ASK_PAUSE_MS = 100;
/** Views that are behind are waited for, so that there is something to compare to. */
const LAG_LIMIT_MS = 10_000;
const REBUILD_LIMIT_MS = 600_000;

export const rebuild: OperatorVerb = {
  effects: "changes",
  summary: "make market views anew from the streams",
  help: `Usage: bun run exchange rebuild market [MARKET] [--json]

Clears the market's views in Redis, lets the market service make them anew from the event logs, waits until they are
whole and compares them to those before; where the market went on meanwhile, "exchange audit --market MARKET"
compares them to the log. Without MARKET: all markets, one after the other. Reads are answered 503 REBUILDING meanwhile.

The archive of trades and candles in MySQL stays as it is: nothing else could make what came from logs that were deleted since. The audit compares
it to the logs that are left.

  --json   one JSON object a market

Exit code 1 when the views of a market that stood still are not the same.`,
  run: async (args) => {
    const [what, ...others] = args;
    if (what !== "market") throw new UsageError("What can be made anew are the views of a market.");
    const isForOne = others.some((one) => !one.startsWith("-"));
    const options = parseOptions(others, {}, isForOne ? ["MARKET"] : []);
    const [only] = options.positionals;
    return await withExchange(async (exchange) => {
      const markets =
        only === undefined ? await listMarkets(exchange) : [await readMarket(exchange, only)];
      let isSame = true;
      for (const market of markets) {
        const rebuilt = await rebuildMarket(exchange, market);
        console.log(options.flag("json") ? JSON.stringify(rebuilt) : format(rebuilt));
        isSame &&= rebuilt.result !== "different";
      }
      return isSame ? 0 : 1;
    });
  },
};

interface Rebuilt {
  readonly market: string;
  readonly seconds: number;
  /** Of the last frame that the new views have. */
  readonly sequence: number;
  readonly result: "same" | "different" | "went on" | "there were none";
}

async function rebuildMarket(
  { connection, running }: Exchange,
  { market, epoch }: Market,
): Promise<Rebuilt> {
  const sequence = await lastSequence(connection, stream.events(market, epoch));
  if (sequence === 0) return { market, seconds: 0, sequence, result: "same" };
  const redis = await openRedis(running.redisUrl);
  const place = { market, sequence };
  try {
    const before = await readViewsAt(redis, place, performance.now() + LAG_LIMIT_MS);
    const startedMs = performance.now();
    await askFor(connection, market);
    const after = await readViewsAt(redis, place, startedMs + REBUILD_LIMIT_MS);
    if (after === undefined || after.sequence < sequence) {
      throw new Failure(`The views of ${market} are not whole: ${after?.sequence} of ${sequence}.`);
    }
    const seconds = Math.round(performance.now() - startedMs) / 1000;
    return { market, seconds, sequence: after.sequence, result: compare(before, after) };
  } finally {
    redis.disconnect();
  }
}

type Views = Awaited<ReturnType<typeof readViewsAt>>;

function compare(before: Views, after: Views): Rebuilt["result"] {
  if (before === undefined) return "there were none";
  if (before.sequence !== after?.sequence) return "went on";
  return Bun.deepEquals(before, after) ? "same" : "different";
}

async function askFor(connection: NatsConnection, market: string): Promise<void> {
  for (let asked = 0; asked < ASKS_MAX; asked += 1) {
    const reply = await request(connection, {
      endpoint: rebuildViews,
      body: { market },
      timeoutMs: ASK_TIMEOUT_MS,
    });
    if (reply.kind === "ok") return;
    await Bun.sleep(ASK_PAUSE_MS);
  }
  throw new Failure(`No market process follows ${market}.`);
}

function format({ market, seconds, sequence, result }: Rebuilt): string {
  return `${market}: made anew from ${sequence} frames in ${seconds} s, ${said[result]}`;
}

const said: Readonly<Record<Rebuilt["result"], string>> = {
  same: "the same as before",
  different: "NOT the same as before",
  "went on": "and the market went on meanwhile",
  "there were none": "there were none before",
};
