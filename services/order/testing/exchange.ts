/** A small exchange for one live test: databases, a market, and real wallet, engine and order processes. */

import { randomBytes } from "node:crypto";

import type { AccountId, Market, PlaceOrder } from "@exchange/streams/contract";
import { createMarket } from "@exchange/streams/contract";
import { defineEndpoint, request } from "@exchange/streams/runtime";
import type { Endpoint, Reply } from "@exchange/streams/runtime";
import type { ScratchMarket, ServiceProcess } from "@exchange/streams/testing";
import { natsEnv, openScratchMarket, startProcess } from "@exchange/streams/testing";

import type { PlacedOrder, PlaceRequest } from "../api.ts";
import { placeOrder } from "../api.ts";
import type { Db } from "../tables.ts";
import { openTestDatabases } from "./databases.ts";
import { readCommands } from "./read-log.ts";

const REQUEST_TIMEOUT_MS = 8000;

const depositEndpoint = defineEndpoint<
  {
    readonly accountId: AccountId;
    readonly asset: string;
    readonly amount: string;
    readonly idempotencyKey: string;
  },
  unknown
>("wallet", "deposit");

export interface TestExchange {
  readonly scratch: ScratchMarket;
  readonly market: Market;
  readonly db: Db;
  /** Where order processes find it. */
  readonly orderUrl: string;
  readonly startWallet: () => Promise<ServiceProcess>;
  readonly startEngine: () => Promise<ServiceProcess>;
  /** `env` overrides, for processes with a worse link or smaller limits. */
  readonly startOrder: (env?: Readonly<Record<string, string>>) => Promise<ServiceProcess>;
  ask<Request, Value>(endpoint: Endpoint<Request, Value>, body: Request): Promise<Reply<Value>>;
  /** A new account with that much of both assets, in smallest units. */
  fund(amount?: bigint): Promise<AccountId>;
  /** Places a good-till-cancelled limit order unless told otherwise. */
  place(
    accountId: AccountId,
    wish?: Partial<PlaceRequest>,
    timeoutMs?: number,
  ): Promise<Reply<PlacedOrder>>;
  /** Every placement in the market's command log. */
  placements(): Promise<PlaceOrder[]>;
  remove(): Promise<void>;
}

export async function openTestExchange(): Promise<TestExchange> {
  const databases = await openTestDatabases();
  const scratch = await openScratchMarket();
  const market = createMarket(scratch.definition);
  const running = new Set<ServiceProcess>();
  let instances = 0;

  async function launch(
    main: string,
    name: string,
    env: Readonly<Record<string, string>>,
  ): Promise<ServiceProcess> {
    instances += 1;
    const started = await startProcess(main, {
      ...natsEnv(),
      SERVICE_INSTANCE: `${name}-${instances}`,
      ...env,
    });
    running.add(started);
    return started;
  }

  return {
    scratch,
    market,
    db: databases.db,
    orderUrl: databases.orderUrl,
    startWallet: () =>
      launch("services/wallet/main.ts", "wallet", {
        MYSQL_URL: databases.walletUrl,
        TEST_FUNDS: "on",
      }),
    startEngine: () => launch("engine/main.ts", "engine", {}),
    startOrder: (env = {}) =>
      launch("services/order/main.ts", "order", { MYSQL_URL: databases.orderUrl, ...env }),
    ask: (endpoint, body) =>
      request(scratch.connection, { endpoint, body, timeoutMs: REQUEST_TIMEOUT_MS }),
    fund: (amount = 10n ** 18n) => fundAccount(scratch, market, amount),
    place: (accountId, wish = {}, timeoutMs = REQUEST_TIMEOUT_MS) =>
      request(scratch.connection, {
        endpoint: placeOrder,
        body: limitOrder(accountId, market, wish),
        timeoutMs,
      }),
    async placements() {
      const commands = await readCommands(scratch, market);
      return commands.filter((command) => command.kind === "PlaceOrder");
    },
    async remove() {
      await Promise.all([...running].map((one) => one.kill()));
      await scratch.remove();
      await databases.remove();
    },
  };
}

async function fundAccount(
  { connection }: ScratchMarket,
  { base, quote }: Market,
  amount: bigint,
): Promise<AccountId> {
  const accountId = randomBytes(6).readUIntBE(0, 6) + 1;
  for (const asset of [base, quote]) {
    const reply = await request(connection, {
      endpoint: depositEndpoint,
      body: { accountId, asset, amount: amount.toString(), idempotencyKey: `fund-${asset}` },
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
    if (reply.kind !== "ok") throw new Error(`deposit: ${reply.code}`);
  }
  return accountId;
}

export function limitOrder(
  accountId: AccountId,
  { market }: Market,
  wish: Partial<PlaceRequest>,
): PlaceRequest {
  return {
    accountId,
    market,
    side: "buy",
    type: "limit",
    timeInForce: "GTC",
    postOnly: false,
    sizing: "quantity",
    respondAsync: false,
    ...(wish.type === "market" ? {} : { priceTicks: 100 }),
    ...(wish.sizing === "budget" ? {} : { qtyLots: 10 }),
    ...wish,
  };
}

/** Asks until the answer is right, for a while. */
export async function eventually<Value>(
  look: () => Promise<Value>,
  isRight: (value: Value) => boolean,
  limitMs = 15_000,
): Promise<Value> {
  const untilMs = performance.now() + limitMs;
  for (;;) {
    const value = await look();
    if (isRight(value)) return value;
    if (performance.now() > untilMs) throw new Error(`still ${JSON.stringify(value)}`);
    await Bun.sleep(25);
  }
}

/** The value of an answer that must not be a refusal. */
export function valueOf<Value>(reply: Reply<Value>): Value {
  if (reply.kind === "ok") return reply.value;
  throw new Error(`refused: ${reply.code} ${reply.detail ?? ""}`);
}

export function codeOf(reply: Reply<unknown>): string {
  return reply.kind === "ok" ? "ok" : reply.code;
}
