/** A client of a running exchange. */

import { z } from "zod";

import { TokenPairView } from "../schemas/account.ts";
import { readTestEnv } from "./env.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

export interface CallInit {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Client {
  readonly call: (method: string, path: string, init?: CallInit) => Promise<Answer>;
  /** Fails unless the status is this one; returns the body as the schema describes it. */
  readonly expect: <Value>(
    status: number,
    schema: z.ZodType<Value>,
    call: readonly [method: string, path: string, init?: CallInit],
  ) => Promise<Value>;
  readonly token: string | undefined;
}

export function gatewayUrl(): string {
  const { GATEWAY_URL } = readTestEnv();
  if (GATEWAY_URL === undefined) throw new Error("GATEWAY_URL names no running exchange");
  return GATEWAY_URL;
}

export function createClient(token?: string): Client {
  const call: Client["call"] = async (method, path, { body, headers = {} } = {}) => {
    const response = await fetch(`${gatewayUrl()}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json: unknown = text === "" ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, json };
  };
  return {
    token,
    call,
    async expect(status, schema, [method, path, init]) {
      const answer = await call(method, path, init);
      if (answer.status !== status) {
        throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
      }
      return schema.parse(answer.json);
    },
  };
}

/** A new user, logged in, with this much of each asset. */
export async function openAccount(funds: Readonly<Record<string, string>> = {}): Promise<Client> {
  const anybody = createClient();
  const body = { email: `${crypto.randomUUID()}@example.org`, password: crypto.randomUUID() };
  await anybody.expect(201, z.unknown(), ["POST", "/v1/auth/signup", { body }]);
  const { accessToken } = await anybody.expect(200, TokenPairView, [
    "POST",
    "/v1/auth/login",
    { body },
  ]);
  const client = createClient(accessToken);
  for (const [asset, amount] of Object.entries(funds)) {
    await client.expect(201, z.unknown(), ["POST", "/v1/deposits", { body: { asset, amount } }]);
  }
  return client;
}
