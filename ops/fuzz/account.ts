/** One account at the public door, and everything it can see of itself. */

import { z } from "zod";

import { ask, type WireAnswer } from "./ask.ts";

export interface Account {
  /** Of the user's main account. */
  readonly accountId: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly call: (method: string, target: string, options?: CallOptions) => Promise<WireAnswer>;
}

export interface CallOptions {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const Login = z.object({ accessToken: z.string(), refreshToken: z.string() });
const Claims = z.looseObject({ account: z.int() });
const Placed = z.object({ order: z.object({ id: z.string() }), at: z.string() });
const Page = z.looseObject({ nextCursor: z.string().optional() });

const PASSWORD = "correct horse battery";

/** A new user with test funds. */
export async function openAccount(gatewayUrl: string): Promise<Account> {
  const credentials = { email: `fuzz-${crypto.randomUUID()}@example.org`, password: PASSWORD };
  await post(gatewayUrl, "/v1/auth/signup", credentials);
  const account = await logIn(gatewayUrl, credentials);
  for (const [asset, amount] of [
    ["USD", "1000000"],
    ["BTC", "100"],
    ["ETH", "1000"],
  ] as const) {
    expectStatus(await account.call("POST", "/v1/deposits", { body: { asset, amount } }), 201);
  }
  return account;
}

export async function logIn(
  gatewayUrl: string,
  { email, password }: Pick<Account, "email" | "password">,
): Promise<Account> {
  const { accessToken, refreshToken } = Login.parse(
    JSON.parse(await post(gatewayUrl, "/v1/auth/login", { email, password })),
  );
  const [, claims = ""] = accessToken.split(".");
  const { account } = Claims.parse(JSON.parse(Buffer.from(claims, "base64url").toString()));
  return {
    accountId: String(account),
    email,
    password,
    token: accessToken,
    refreshToken,
    call: (method, target, { body, headers = {} } = {}) =>
      ask(gatewayUrl, {
        method,
        target,
        headers: {
          ...headers,
          authorization: `Bearer ${accessToken}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

async function post(gatewayUrl: string, target: string, body: object): Promise<string> {
  const headers = { "content-type": "application/json" };
  const answer = await ask(gatewayUrl, {
    method: "POST",
    target,
    headers,
    body: JSON.stringify(body),
  });
  if (answer.status >= 300) throw new Error(`${target}: ${answer.status} ${answer.text}`);
  return answer.text;
}

export interface RestingOrder {
  readonly id: string;
  readonly at: string;
}

/** A limit order far from any other, so that it stays as it is. */
export async function restOrder(
  account: Account,
  order: { readonly market: string; readonly clientOrderId: string; readonly side: "buy" | "sell" },
): Promise<RestingOrder> {
  const price = order.side === "buy" ? "0.01" : "900000.00";
  const body = { ...order, type: "limit", price, quantity: "0.5", postOnly: true };
  const answer = expectStatus(await account.call("POST", "/v1/orders", { body }), 201);
  const { order: placed, at } = Placed.parse(JSON.parse(answer.text));
  return { id: placed.id, at };
}

/** Balances, orders, fills and withdrawals as one text: two equal texts, and nothing was written. */
export async function readState(account: Account, after: string): Promise<string> {
  const position = encodeURIComponent(after);
  const parts = [
    await readAll(account, `/v1/balances?after=${position}`),
    await readAll(account, `/v1/orders?limit=500&after=${position}`),
    await readAll(account, `/v1/fills?limit=500&after=${position}`),
    await readAll(account, "/v1/withdrawals?limit=500"),
  ];
  return parts.flat().join("\n");
}

async function readAll(account: Account, target: string): Promise<string[]> {
  const pages: string[] = [];
  let cursor = "";
  do {
    const answer = expectStatus(await account.call("GET", `${target}${cursor}`), 200);
    pages.push(answer.text);
    const { nextCursor } = Page.parse(JSON.parse(answer.text));
    cursor = nextCursor === undefined ? "" : `&cursor=${encodeURIComponent(nextCursor)}`;
  } while (cursor !== "");
  return pages;
}

function expectStatus(answer: WireAnswer, status: number): WireAnswer {
  if (answer.status !== status) {
    throw new Error(`${answer.status} instead of ${status}: ${answer.text.slice(0, 300)}`);
  }
  return answer;
}
