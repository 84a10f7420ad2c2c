/** What tests ask identity, and how they read its answers. */

import type { Endpoint, Reply } from "@exchange/streams/runtime";
import { request } from "@exchange/streams/runtime";
import { decodeJwt } from "jose";
import type { NatsConnection } from "nats";

import type { Credentials, TokenIdentity, TokenPair } from "../api.ts";
import { logIn, signUp } from "../api.ts";

export async function askIdentity<Request, Value>(
  connection: NatsConnection,
  endpoint: Endpoint<Request, Value>,
  body: Request,
): Promise<Reply<Value>> {
  return await request(connection, { endpoint, body, timeoutMs: 10_000 });
}

export function valueOf<Value>(reply: Reply<Value>): Value {
  if (reply.kind === "refused") throw new Error(`refused: ${reply.code}`);
  return reply.value;
}

export function freshCredentials(): Credentials {
  return { email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
}

/** A new user with one session. */
export async function openSession(
  connection: NatsConnection,
  credentials = freshCredentials(),
): Promise<TokenPair> {
  await askIdentity(connection, signUp, credentials);
  const login = { ...credentials, network: crypto.randomUUID() };
  return valueOf(await askIdentity(connection, logIn, login));
}

export function identityOf({ accessToken }: TokenPair): TokenIdentity {
  const claims = decodeJwt<{ account: number; sid: string }>(accessToken);
  return {
    userId: claims.sub ?? "",
    accountId: claims.account,
    sessionId: claims.sid,
    tokenId: claims.jti ?? "",
    expiresAtS: claims.exp ?? 0,
  };
}
