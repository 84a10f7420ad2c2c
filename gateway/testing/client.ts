/** A client of a running exchange. */

import type { z } from "zod";

import { TokenPairView } from "../schemas/account.ts";
import { readTestEnv } from "./env.ts";

const PATIENCE_MS = 20_000;
const BUSY_DELAY_MS = 200;

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
      const giveUpAtMs = performance.now() + PATIENCE_MS;
      for (;;) {
        const answer = await call(method, path, init);
        if (answer.status === status) return schema.parse(answer.json);
        // A busy machine says so, and nothing was done: the guarantee under test is about something else.
        if (answer.status !== 503 || performance.now() > giveUpAtMs) {
          throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
        }
        await Bun.sleep(BUSY_DELAY_MS);
      }
    },
  };
}

/** A new user, logged in, with this much of each asset. */
export async function openAccount(funds: Readonly<Record<string, string>> = {}): Promise<Client> {
  const anybody = createClient();
  const body = { email: `${crypto.randomUUID()}@example.org`, password: crypto.randomUUID() };
  await untilKnown(() => anybody.call("POST", "/v1/auth/signup", { body }), [201, 409]);
  const login = await untilKnown(() => anybody.call("POST", "/v1/auth/login", { body }), [200]);
  const client = createClient(TokenPairView.parse(login.json).accessToken);
  for (const [asset, amount] of Object.entries(funds)) {
    const init = { headers: { "idempotency-key": `open-${asset}` }, body: { asset, amount } };
    await untilKnown(() => client.call("POST", "/v1/deposits", init), [201]);
  }
  return client;
}

/** For calls that may be repeated: an unknown outcome is asked again. */
async function untilKnown(
  call: () => Promise<Answer>,
  statuses: readonly number[],
): Promise<Answer> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await call();
    if (statuses.includes(answer.status)) return answer;
    if (answer.status < 500 || performance.now() > giveUpAtMs) {
      throw new Error(`${answer.status} ${JSON.stringify(answer.json)}`);
    }
    await Bun.sleep(BUSY_DELAY_MS);
  }
}
