/** Somebody with money, at the public door of the exchange that EXCHANGE_HOME names. */

import { z } from "zod";

import { createHttpClient } from "../../http/client.ts";
import { depositFunds } from "../../http/deposit.ts";
import { createPersistentAsk } from "../../http/persistent.ts";
import { openSession } from "../../http/session.ts";
import { readRunning } from "../../setup/running.ts";

const REPLY_LIMIT_MS = 5000;
const ANSWER_LIMIT_MS = 30_000;
const REPEAT_MS = 100;

const Order = z.object({
  id: z.string(),
  state: z.string(),
  cancelReason: z.string().optional(),
  rejectCode: z.string().optional(),
});
const Answer = z.object({ code: z.string().optional(), order: Order.optional() });
/** It is held and not in the log yet. */
const Unplaced = z.object({ order: z.object({ id: z.undefined() }) });
const Balances = z.object({
  balances: z.array(z.object({ asset: z.string(), available: z.string(), held: z.string() })),
});

export type OrderSeen = z.infer<typeof Order>;

export interface Trader {
  readonly email: string;
  /** What became of it; a refusal without an order is its code. */
  place(order: Readonly<Record<string, unknown>>): Promise<OrderSeen | string>;
  find(order: OrderSeen): Promise<OrderSeen>;
  cancel(order: OrderSeen): Promise<OrderSeen | string>;
  balance(asset: string): Promise<{ available: string; held: string } | undefined>;
  close(): void;
}

/** A new account with this much of each asset. */
export async function openTrader(funds: Readonly<Record<string, string>>): Promise<Trader> {
  const client = createHttpClient({
    url: readRunning().gatewayUrl,
    connectionsMax: 4,
    timeoutMs: REPLY_LIMIT_MS,
  });
  const ask = createPersistentAsk({ client, limitMs: ANSWER_LIMIT_MS });
  const email = `${crypto.randomUUID()}@example.org`;
  const session = await openSession(ask, {
    email,
    password: crypto.randomUUID(),
  });
  for (const [asset, amount] of Object.entries(funds)) {
    await depositFunds(session, { asset, amount, idempotencyKey: `open-${asset}` });
  }

  async function call(
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: object,
  ): Promise<unknown> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const reply = await session.ask({ build: () => ({ method, path, headers: "", ...sent }) });
    return JSON.parse(reply.body);
  }

  return {
    email,
    async place(order) {
      // A repeat after a lost answer must be the same order.
      const clientOrderId = crypto.randomUUID();
      for (;;) {
        const answer = await call("POST", "/v1/orders", { clientOrderId, ...order });
        if (!Unplaced.safeParse(answer).success) return outcomeOf(answer);
        await Bun.sleep(REPEAT_MS);
      }
    },
    find: async ({ id }) => orderIn(await call("GET", `/v1/orders/${id}`)),
    cancel: async ({ id }) => outcomeOf(await call("DELETE", `/v1/orders/${id}`)),
    async balance(asset) {
      const { balances } = Balances.parse(await call("GET", "/v1/balances"));
      const found = balances.find((balance) => balance.asset === asset);
      return found === undefined ? undefined : { available: found.available, held: found.held };
    },
    close: () => client.close(),
  };
}

function outcomeOf(json: unknown): OrderSeen | string {
  const { code, order } = Answer.parse(json);
  return order ?? code ?? "";
}

function orderIn(json: unknown): OrderSeen {
  const { order } = Answer.parse(json);
  if (order === undefined) throw new Error(`no order: ${JSON.stringify(json)}`);
  return order;
}
