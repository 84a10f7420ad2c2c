/** What the wallet has under a key, before anything is held under it. */

import type { Reply } from "@exchange/streams/runtime";
import { request, RequestError } from "@exchange/streams/runtime";

import type { OrderDeps } from "./deps.ts";
import { refused } from "./reply.ts";
import type { HoldQuery, HoldSummary } from "./wallet-endpoints.ts";
import { findHold } from "./wallet-endpoints.ts";

const TIMEOUT_MS = 1000;

export async function lookUpHold(
  { connection }: Pick<OrderDeps, "connection">,
  query: HoldQuery,
): Promise<Reply<HoldSummary | null>> {
  try {
    return await request(connection, { endpoint: findHold, body: query, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (error instanceof RequestError) return refused("UNAVAILABLE");
    throw error;
  }
}
