/** Orders tied to a connection of a running exchange, when the connection ends and when its gateway is killed. */

import { expect, test } from "bun:test";

import { z } from "zod";

import type { Account } from "../fuzz/account.ts";
import { openAccount } from "../fuzz/account.ts";
import type { FeedConnection } from "../http/feed.ts";
import { connectFeed } from "../http/feed.ts";
import { readRunning } from "../setup/running.ts";
import { killAll, whenAllReady } from "./kill-processes.ts";

const MARKET = "ETH-USD";
const LIMIT_MS = 60_000;
const TIMEOUT_MS = 1500;
const CANCELLED_LIMIT_MS = 20_000;

const Placed = z.object({
  order: z.object({ id: z.string(), state: z.string(), cancelReason: z.string().optional() }),
});
const Problem = z.object({ code: z.string() });

function gatewayUrl(): string {
  return readRunning().gatewayUrl;
}

async function hold(connection: FeedConnection, sessionId: number): Promise<void> {
  connection.send({ op: "cancelOnDisconnect", sessionId, timeoutMs: TIMEOUT_MS, id: 1 });
  const opened = await connection.next("cancelOnDisconnect", "error");
  expect(opened).toEqual({ type: "cancelOnDisconnect", id: 1, sessionId, timeoutMs: TIMEOUT_MS });
}

async function place(account: Account, sessionId?: number): Promise<string> {
  const order = { market: MARKET, side: "buy", type: "limit", price: "0.03", quantity: "0.5" };
  const answer = await account.call("POST", "/v1/orders", { body: { ...order, sessionId } });
  expect(answer.status).toBe(201);
  return Placed.parse(JSON.parse(answer.text)).order.id;
}

/** A gateway that was killed is away for a moment. */
async function read(account: Account, id: string) {
  const answer = await account.call("GET", `/v1/orders/${id}`).catch(() => undefined);
  return answer?.status === 200 ? Placed.parse(JSON.parse(answer.text)).order : undefined;
}

async function untilCancelled(account: Account, id: string): Promise<void> {
  const giveUpMs = performance.now() + CANCELLED_LIMIT_MS;
  for (;;) {
    const order = await read(account, id);
    if (order?.state === "CANCELLED") {
      expect(order.cancelReason).toBe("disconnected");
      return;
    }
    if (performance.now() > giveUpMs) throw new Error(`still ${JSON.stringify(order)}`);
    await Bun.sleep(50);
  }
}

test(
  "a closed connection takes its orders along once its time is over, unless the client comes back",
  async () => {
    const account = await openAccount(gatewayUrl());
    const first = await connectFeed(gatewayUrl(), account.token);
    await hold(first, 1);
    const tied = await place(account, 1);
    const free = await place(account);
    first.close();
    const second = await connectFeed(gatewayUrl(), account.token);
    await hold(second, 1);
    await Bun.sleep(2 * TIMEOUT_MS);
    expect(await read(account, tied)).toMatchObject({ state: "OPEN" });
    const witness = await connectFeed(gatewayUrl(), account.token);
    witness.send({ op: "subscribe", channel: "orders", market: MARKET });
    await witness.next("snapshot");
    second.close();
    await untilCancelled(account, tied);
    const { events } = z
      .object({ events: z.array(z.looseObject({ kind: z.string(), orderId: z.string() })) })
      .parse(await witness.next("update"));
    expect(events).toMatchObject([{ kind: "cancelled", orderId: tied, reason: "disconnected" }]);
    witness.close();
    expect(await read(account, free)).toMatchObject({ state: "OPEN" });
    const body = { market: MARKET, side: "buy", type: "limit", price: "0.03", quantity: "0.5" };
    const late = await account.call("POST", "/v1/orders", { body: { ...body, sessionId: 1 } });
    expect([late.status, Problem.parse(JSON.parse(late.text)).code]).toEqual([
      409,
      "SESSION_NOT_OPEN",
    ]);
    await account.call("DELETE", "/v1/orders");
  },
  LIMIT_MS,
);

test(
  "a gateway that is killed takes its connections' orders along",
  async () => {
    const account = await openAccount(gatewayUrl());
    const connection = await connectFeed(gatewayUrl(), account.token);
    await hold(connection, 2);
    const tied = await place(account, 2);
    await killAll([{ victim: "gateway", delayMs: 0 }], () => undefined);
    await untilCancelled(account, tied);
    await whenAllReady(LIMIT_MS / 2);
  },
  LIMIT_MS,
);
