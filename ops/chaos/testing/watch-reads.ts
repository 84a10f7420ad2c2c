/** A client that reads all public views of a market all the time, and keeps what it was told. */

import type { Market, Position } from "@exchange/streams/contract";
import { parseMarketPosition } from "@exchange/streams/contract";
import { z } from "zod";

import { createHttpClient } from "../../http/client.ts";
import { describe } from "../../http/persistent.ts";

export const viewNames = ["book", "ticker", "trades", "candles"] as const;
export type ViewName = (typeof viewNames)[number];

const queries: Readonly<Record<ViewName, string>> = {
  book: "?depth=50",
  ticker: "",
  trades: "?limit=50",
  candles: "?interval=1s&limit=60",
};
const PAUSE_MS = 40;
const REPLY_LIMIT_MS = 5000;

const Place = z.looseObject({ at: z.string(), index: z.int() });

export interface ReadAnswer {
  readonly view: ViewName;
  readonly at: Position;
  readonly body: object;
}

export interface WatchedReads {
  /** In the order in which each view was answered. */
  readonly answers: readonly ReadAnswer[];
  /** By `<status> <code>`. */
  readonly refusals: ReadonlyMap<string, number>;
}

export interface ReadWatch {
  stop(): Promise<WatchedReads>;
}

export function watchReads(gatewayUrl: string, { market }: Market): ReadWatch {
  const client = createHttpClient({
    url: gatewayUrl,
    connectionsMax: viewNames.length,
    timeoutMs: REPLY_LIMIT_MS,
  });
  const answers: ReadAnswer[] = [];
  const refusals = new Map<string, number>();
  const stopping = new AbortController();

  async function watch(view: ViewName): Promise<void> {
    const path = `/v1/markets/${market}/${view}${queries[view]}`;
    while (!stopping.signal.aborted) {
      const reply = await client.request({ method: "GET", path, headers: "" });
      if (reply.status === 200) answers.push(readAnswer(view, reply.body));
      else refusals.set(describe(reply), (refusals.get(describe(reply)) ?? 0) + 1);
      await Bun.sleep(PAUSE_MS);
    }
  }

  const watching = Promise.all(viewNames.map(watch));
  return {
    async stop() {
      stopping.abort();
      await watching;
      client.close();
      return { answers, refusals };
    },
  };
}

function readAnswer(view: ViewName, text: string): ReadAnswer {
  const body = Place.parse(JSON.parse(text));
  // Before its first event a market is at 0, where no command is.
  const command = parseMarketPosition(body.at)?.position ?? 0;
  return { view, at: { command, index: body.index }, body };
}
