/** What the wallet knows, before anything is held. */

import type { AccountId } from "@exchange/streams/contract";
import type { Endpoint, Reply } from "@exchange/streams/runtime";
import { request, RequestError } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import type { OrderDeps } from "./deps.ts";
import { refused } from "./reply.ts";
import type { HoldQuery, HoldSummary } from "./wallet-endpoints.ts";
import { findHold, readFrozen } from "./wallet-endpoints.ts";

const TIMEOUT_MS = 1000;

export async function lookUpHold(
  { connection }: Pick<OrderDeps, "connection">,
  query: HoldQuery,
): Promise<Reply<HoldSummary | null>> {
  return await ask(connection, findHold, query);
}

/** Whether any of the accounts is. */
export async function lookUpFrozen(
  { connection }: Pick<OrderDeps, "connection">,
  accountIds: readonly AccountId[],
): Promise<Reply<boolean>> {
  const reply = await ask(connection, readFrozen, { accountIds });
  return reply.kind === "ok" ? { kind: "ok", value: reply.value.length > 0 } : reply;
}

async function ask<Request, Value>(
  connection: NatsConnection,
  endpoint: Endpoint<Request, Value>,
  body: Request,
): Promise<Reply<Value>> {
  try {
    return await request(connection, { endpoint, body, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (error instanceof RequestError) return refused("UNAVAILABLE");
    throw error;
  }
}
