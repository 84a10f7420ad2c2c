/** How far a market's views are by the word of the service that makes them: that NATS answers says nothing of it. */

import { readTrades } from "@exchange/market/api";
import type { MarketId, Position } from "@exchange/streams/contract";
import { GENESIS } from "@exchange/streams/contract";
import { request } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

const ASK_TIMEOUT_MS = 2000;

export interface Newest {
  readonly askedMs: number;
  readonly at: Position;
  /** Of the newest trade: nothing later is told of what only trades change. */
  readonly tradedAt: Position;
}

/** Undefined while the service is away, or makes the views anew. */
export async function askNewest(
  connection: NatsConnection,
  market: MarketId,
): Promise<Newest | undefined> {
  const askedMs = performance.now();
  try {
    const body = { market, limit: 1 };
    const call = { endpoint: readTrades, body, timeoutMs: ASK_TIMEOUT_MS };
    const reply = await request(connection, call);
    if (reply.kind === "refused") return undefined;
    const { at, trades } = reply.value;
    return { askedMs, at, tradedAt: trades[0]?.at ?? GENESIS };
  } catch {
    return undefined;
  }
}
