/** A recorded order flow that goes on, whatever happens to the exchange, until it is told to stop. */

import { join } from "node:path";

import type { Market } from "@exchange/streams/contract";

import { planReplay } from "../cli/replay/plan.ts";
import { readEvents } from "../cli/replay/read-events.ts";
import type { StepsResult } from "../cli/replay/run-steps.ts";
import { runSteps } from "../cli/replay/run-steps.ts";
import { openTraders } from "../cli/replay/traders.ts";
import { createHttpClient } from "../http/client.ts";
import { createPersistentAsk } from "../http/persistent.ts";

const file = join(import.meta.dir, "../data/bitstamp-2015-05-01/orders.csv.gz");
const TRADERS = 20;
const IN_FLIGHT = 16;
const REPLY_LIMIT_MS = 5000;
/** A restart, a hold's deadline and a few more kills may lie within one step. */
const STEP_LIMIT_MS = 120_000;

export interface LoadOptions {
  readonly gatewayUrl: string;
  readonly market: Market;
  /** JSON lines of every order that was acknowledged. */
  readonly acksFile: string;
  readonly stopping: AbortSignal;
}

export interface Load {
  /** Settles when everything that was sent has its answer. */
  readonly done: Promise<StepsResult>;
}

/** Returns once the traders are there and the flow has begun. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { gatewayUrl, market, acksFile, stopping } = options;
  const client = createHttpClient({
    url: gatewayUrl,
    connectionsMax: IN_FLIGHT,
    timeoutMs: REPLY_LIMIT_MS,
  });
  const ask = createPersistentAsk({ client, limitMs: STEP_LIMIT_MS });
  const { steps, funding } = planReplay(await readEvents(file), market, TRADERS);
  const sessions = await openTraders({
    ask,
    market: market.market,
    traders: TRADERS,
    funding,
    onReady: () => undefined,
  });
  const done = runSteps({
    market: market.market,
    steps,
    sessions,
    window: IN_FLIGHT,
    acksFile,
    stopping,
  }).finally(() => client.close());
  return { done };
}
