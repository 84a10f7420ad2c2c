/** Users who do everything at once: each one request after the other, of orders, cancels, deposits and withdrawals. */

import { randomBytes } from "node:crypto";

import type { Random } from "../bench/random.ts";
import { createRandom, randomBetween } from "../bench/random.ts";
import { forEachAtOnce } from "../http/at-once.ts";
import type { HttpRequest } from "../http/client.ts";
import { createHttpClient } from "../http/client.ts";
import { depositFunds } from "../http/deposit.ts";
import { createPersistentAsk, describe } from "../http/persistent.ts";
import type { HttpReply } from "../http/reply.ts";
import type { Session } from "../http/session.ts";
import { openSession } from "../http/session.ts";

const REPLY_LIMIT_MS = 10_000;
const SIGN_UP_LIMIT_MS = 60_000;
const SIGN_UPS_AT_ONCE = 4;
const START_AMOUNT = "1000000";
const PRICE = { middle: 100, spread: 3 } as const;
/** Of an order's answer. */
const ID = /"id":"([^"]+)"/;
const OPEN = /"state":"(OPEN|PENDING)"/;

export interface CrowdOptions {
  readonly gatewayUrl: string;
  readonly users: number;
  readonly seconds: number;
  /** `<BASE>-<QUOTE>`: each user has a row for each of their assets. */
  readonly markets: readonly string[];
  readonly seed: number;
}

/** How often each answer came, by what was asked: `place 201`, `cancel 409 ORDER_DONE`, `withdraw no reply`. */
export type Answers = ReadonlyMap<string, number>;

/** Nothing is asked twice: what a user would see is what is counted. */
export async function runCrowd(options: CrowdOptions): Promise<Answers> {
  const { gatewayUrl, users } = options;
  const client = createHttpClient({
    url: gatewayUrl,
    connectionsMax: users,
    timeoutMs: REPLY_LIMIT_MS,
  });
  try {
    const ask = createPersistentAsk({ client, limitMs: SIGN_UP_LIMIT_MS });
    const assets = [...new Set(options.markets.flatMap((market) => market.split("-")))];
    const sessions = await forEachAtOnce({ count: users, atOnce: SIGN_UPS_AT_ONCE }, async () => {
      const email = `crowd-${randomBytes(6).toString("hex")}@example.test`;
      const session = await openSession(ask, { email, password: "many at once are a crowd" });
      for (const asset of assets) {
        const idempotencyKey = `start-${asset}`;
        await depositFunds(session, { asset, amount: START_AMOUNT, idempotencyKey });
      }
      return session;
    });
    const answers = new Map<string, number>();
    const endMs = performance.now() + options.seconds * 1000;
    const send = async (request: HttpRequest): Promise<HttpReply | undefined> =>
      await client.request(request).catch(() => undefined);
    await Promise.all(
      sessions.map(async (session, index) => {
        const random = createRandom(options.seed + index);
        const user = { session, random, markets: options.markets, assets, open: [] };
        while (performance.now() < endMs) {
          const answer = await act(user, send);
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
        }
      }),
    );
    return answers;
  } finally {
    client.close();
  }
}

interface User {
  readonly session: Session;
  readonly random: Random;
  readonly markets: readonly string[];
  readonly assets: readonly string[];
  /** Ids of orders that rested when they were answered. */
  readonly open: string[];
}

type Send = (request: HttpRequest) => Promise<HttpReply | undefined>;

async function act(user: User, send: Send): Promise<string> {
  const kind = user.random();
  if (kind < 0.55) return await place(user, send);
  if (kind < 0.75) return await cancel(user, send);
  return await moveMoney(user, send, kind < 0.88 ? "deposit" : "withdraw");
}

async function place(user: User, send: Send): Promise<string> {
  const { random, markets, session, open } = user;
  const body = {
    market: markets[randomBetween(random, 0, markets.length - 1)],
    side: random() < 0.5 ? "buy" : "sell",
    type: "limit",
    price: String(PRICE.middle + randomBetween(random, -PRICE.spread, PRICE.spread)),
    quantity: String(randomBetween(random, 1, 5)),
  };
  const reply = await send({
    method: "POST",
    path: "/v1/orders",
    headers: session.authorization,
    body: JSON.stringify(body),
  });
  const [, id] = ID.exec(reply?.body ?? "") ?? [];
  if (id !== undefined && OPEN.test(reply?.body ?? "")) open.push(id);
  return answerOf("place", reply);
}

async function cancel(user: User, send: Send): Promise<string> {
  const id = user.open.shift();
  if (id === undefined) return await place(user, send);
  const { authorization } = user.session;
  const reply = await send({
    method: "DELETE",
    path: `/v1/orders/${id}`,
    headers: authorization,
  });
  return answerOf("cancel", reply);
}

async function moveMoney(user: User, send: Send, kind: "deposit" | "withdraw"): Promise<string> {
  const { random, assets, session } = user;
  const asset = assets[randomBetween(random, 0, assets.length - 1)];
  const amount = `0.0${randomBetween(random, 1, 9)}`;
  const reply = await send({
    method: "POST",
    path: kind === "deposit" ? "/v1/deposits" : "/v1/withdrawals",
    headers: `${session.authorization}idempotency-key: ${randomBytes(12).toString("hex")}\r\n`,
    body: JSON.stringify({ asset, amount, ...(kind === "withdraw" && { destination: "iban:X" }) }),
  });
  return answerOf(kind, reply);
}

function answerOf(kind: string, reply: HttpReply | undefined): string {
  return `${kind} ${reply === undefined ? "no reply" : describe(reply)}`;
}
