/** What the other services ask of a wallet, over NATS as they do. */

import type { HoldDecision, HoldRequest, MarketPosition } from "@exchange/streams/contract";
import type { Endpoint, Reply } from "@exchange/streams/runtime";
import { request } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import * as api from "../api.ts";

export interface WalletClient {
  ask<Request, Value>(endpoint: Endpoint<Request, Value>, body: Request): Promise<Reply<Value>>;
  hold(requests: readonly HoldRequest[]): Promise<readonly HoldDecision[]>;
  deposit(accountId: number, asset: string, amount: bigint): Promise<void>;
  /** `asset: [available, held]`. */
  balances(accountId: number, after?: MarketPosition): Promise<Record<string, [string, string]>>;
}

/** Refusals throw their code, except from `ask`. */
export function createWalletClient(connection: NatsConnection, timeoutMs = 15_000): WalletClient {
  async function ask<Request, Value>(endpoint: Endpoint<Request, Value>, body: Request) {
    return await request(connection, { endpoint, body, timeoutMs });
  }
  return {
    ask,
    hold: async (holds) => accepted(await ask(api.holdFunds, { v: 1, holds })).decisions,
    async deposit(accountId, asset, amount) {
      const idempotencyKey = crypto.randomUUID();
      const body = { accountId, asset, amount: String(amount), idempotencyKey };
      accepted(await ask(api.deposit, body));
    },
    async balances(accountId, after) {
      const body = { accountId, ...(after === undefined ? {} : { after }) };
      const balances = accepted(await ask(api.readBalances, body));
      return Object.fromEntries(
        balances.map(({ asset, available, held }) => [asset, [available, held]]),
      );
    },
  };
}

function accepted<Value>(reply: Reply<Value>): Value {
  if (reply.kind === "refused") throw new Error(reply.code);
  return reply.value;
}
