/** A logout holds at every gateway within a second, whatever is killed before, meanwhile or after. */

import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";

import type { TokenVerifier } from "@exchange/gateway/auth";
import { createTokenVerifier } from "@exchange/gateway/auth";
import type { TokenIdentity, TokenPair } from "@exchange/identity/api";
import { logIn, logOut, refresh, signUp } from "@exchange/identity/api";
import { openRedis } from "@exchange/store";
import type { Endpoint, Reply, Telemetry } from "@exchange/streams/runtime";
import { connectNats, createTelemetry, request } from "@exchange/streams/runtime";
import type { Redis } from "ioredis";
import type { NatsConnection } from "nats";

import { redisUrl } from "../setup/addresses.ts";
import { describeIdentity, type IdentityProcess } from "./identity-process.ts";
import { type KillableServers, startKillableServers } from "./killable-servers.ts";

const HONOURED_WITHIN_MS = 1000;
const credentials = { email: "trader@example.com", password: "correct horse battery" };

let servers: KillableServers;
let identities: readonly IdentityProcess[];
let connections: readonly NatsConnection[];
let verifiers: readonly TokenVerifier[];
let redis: Redis;
let telemetry: Telemetry;

beforeAll(async () => {
  servers = await startKillableServers();
  telemetry = createTelemetry({
    service: "gateway",
    instance: "gateway-test",
    logLevel: "silent",
    traceExporter: "none",
  });
  redis = await openRedis(redisUrl(servers.at, servers.secrets, "root"));
  identities = ["identity-1", "identity-2"].map((name) => describeIdentity(servers, name));
  for (const identity of identities) await identity.start();
  connections = [await connect(), await connect()];
  verifiers = connections.map((connection) => createTokenVerifier({ connection, telemetry }));
  await until(allFresh);
  await ask(signUp, credentials);
}, 60_000);

afterAll(async () => {
  for (const verifier of verifiers) verifier.stop();
  for (const connection of connections) await connection.close();
  for (const identity of identities) await identity.kill();
  redis.disconnect();
  await servers.remove();
}, 60_000);

// Whatever a test killed is back before the next one starts.
beforeEach(async () => {
  await until(async () => (await isUp()) && allFresh());
});

async function isUp(): Promise<boolean> {
  try {
    return (await redis.ping()) === "PONG" && (await login()) !== undefined;
  } catch {
    return false;
  }
}

async function connect(): Promise<NatsConnection> {
  const { nats } = servers.secrets;
  const url = `nats://${servers.at.nats}`;
  return await connectNats({ url, user: "gateway", password: nats.gateway, name: "gateway" });
}

async function ask<Request, Value>(
  endpoint: Endpoint<Request, Value>,
  body: Request,
): Promise<Value> {
  const [connection] = connections;
  if (connection === undefined) throw new Error("not connected");
  const reply: Reply<Value> = await request(connection, { endpoint, body, timeoutMs: 5000 });
  if (reply.kind === "refused") throw new Error(`refused: ${reply.code}`);
  return reply.value;
}

async function login(): Promise<TokenPair> {
  return await ask(logIn, { ...credentials, network: "192.0.2.1" });
}

/** Logs in and shows the token to every verifier, so that each has it in its cache. */
async function openSession(): Promise<{ pair: TokenPair; owner: TokenIdentity }> {
  const pair = await login();
  const [owner] = await verifyEverywhere(pair.accessToken);
  if (owner === undefined) throw new Error("a fresh token was refused");
  return { pair, owner };
}

async function verifyEverywhere(token: string): Promise<readonly (TokenIdentity | undefined)[]> {
  return await Promise.all(verifiers.map((verifier) => verifier.verifyToken(token)));
}

async function isRefusedEverywhere({ accessToken }: TokenPair): Promise<boolean> {
  return (await verifyEverywhere(accessToken)).every((one) => one === undefined);
}

function allFresh(): boolean {
  return verifiers.every((verifier) => verifier.feedFresh);
}

function noneFresh(): boolean {
  return verifiers.every((verifier) => !verifier.feedFresh);
}

async function until(holds: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<number> {
  const startedMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedMs > limitMs) throw new Error(`not within ${limitMs} ms`);
    await Bun.sleep(5);
  }
  return performance.now() - startedMs;
}

/** Repeats what is safe to repeat until there is an answer. */
async function persist<Value>(work: () => Promise<Value>): Promise<Value> {
  const deadlineMs = performance.now() + 15_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await Bun.sleep(50);
    }
  }
}

async function expectHonoured(pair: TokenPair): Promise<void> {
  await until(() => isRefusedEverywhere(pair), HONOURED_WITHIN_MS);
}

async function isOnBlacklist({ tokenId }: TokenIdentity): Promise<boolean> {
  try {
    return (await redis.exists(`identity:revoked:token:${tokenId}`)) === 1;
  } catch {
    return false;
  }
}

test("a logout is honoured by every gateway within a second", async () => {
  const { pair, owner } = await openSession();
  await ask(logOut, owner);
  await expectHonoured(pair);
  expect(verifiers.map((verifier) => verifier.isLive(owner))).toEqual([false, false]);
  expect(await isOnBlacklist(owner)).toBe(true);
});

test("a logout ends every token of its session and none of another", async () => {
  const { pair } = await openSession();
  const other = await openSession();
  const refreshed = await ask(refresh, { refreshToken: pair.refreshToken });
  const [owner] = await verifyEverywhere(refreshed.accessToken);
  if (owner === undefined) throw new Error("a refreshed token was refused");
  await ask(logOut, owner);
  await expectHonoured(refreshed);
  await expectHonoured(pair);
  expect(await isRefusedEverywhere(other.pair)).toBe(false);
});

test("a refresh token used after its successor takes its access tokens from every gateway", async () => {
  const { pair } = await openSession();
  const thief = await ask(refresh, { refreshToken: pair.refreshToken });
  await ask(refresh, { refreshToken: thief.refreshToken });
  await expect(ask(refresh, { refreshToken: pair.refreshToken })).rejects.toThrow("INVALID");
  await expectHonoured(pair);
  await expectHonoured(thief);
});

test("a logout while Redis is down is honoured, and on the blacklist once Redis is back", async () => {
  const before = await openSession();
  await ask(logOut, before.owner);
  const { pair, owner } = await openSession();
  servers.kill("redis");
  await ask(logOut, owner);
  await expectHonoured(pair);
  await until(() => isOnBlacklist(owner));
  expect(await isRefusedEverywhere(before.pair)).toBe(true);
  expect(await isOnBlacklist(before.owner)).toBe(true);
});

test("an emptied Redis forgets no logout", async () => {
  const { pair, owner } = await openSession();
  await ask(logOut, owner);
  await redis.flushall();
  await expectHonoured(pair);
  await until(() => isOnBlacklist(owner));
  const later = await openSession();
  await ask(logOut, later.owner);
  await expectHonoured(later.pair);
});

test("without identity the feed is stale within a second and a half, with it fresh again", async () => {
  const early = await openSession();
  const { pair, owner } = await openSession();
  await ask(logOut, owner);
  for (const identity of identities) await identity.kill();
  expect(await until(noneFresh)).toBeLessThan(1500);
  expect(await isRefusedEverywhere(pair)).toBe(true);
  // What only reads goes on meanwhile, by what is known.
  expect(await isRefusedEverywhere(early.pair)).toBe(false);
  for (const identity of identities) await identity.start();
  await until(allFresh);
  expect(await isRefusedEverywhere(pair)).toBe(true);
  await ask(logOut, early.owner);
  await expectHonoured(early.pair);
});

test("one identity of two is enough for a fresh feed and a logout", async () => {
  const { pair, owner } = await openSession();
  await identities[1]?.kill();
  await Bun.sleep(1500);
  expect(allFresh()).toBe(true);
  await persist(() => ask(logOut, owner));
  await expectHonoured(pair);
  await identities[1]?.start();
});

test("an identity starts and logs users out while Redis is down", async () => {
  const { pair, owner } = await openSession();
  await identities[1]?.kill();
  servers.kill("redis");
  await identities[1]?.start();
  await persist(() => ask(logOut, owner));
  await expectHonoured(pair);
  await until(() => isOnBlacklist(owner));
});

test("a killed nats-server forgets no logout, and a logout that was answered afterwards holds", async () => {
  const before = await openSession();
  await ask(logOut, before.owner);
  const { pair, owner } = await openSession();
  servers.kill("nats-server");
  await persist(() => ask(logOut, owner));
  await expectHonoured(pair);
  expect(await isRefusedEverywhere(before.pair)).toBe(true);
  await until(allFresh);
});

test("a logout that a killed MySQL answered with silence can be repeated until it holds", async () => {
  const { pair, owner } = await openSession();
  servers.kill("mysql");
  await persist(() => ask(logOut, owner));
  await expectHonoured(pair);
  expect(allFresh()).toBe(true);
});

test("a gateway that starts later knows every logout before it lets anybody trade", async () => {
  const { pair, owner } = await openSession();
  await ask(logOut, owner);
  const connection = await connect();
  const late = createTokenVerifier({ connection, telemetry });
  expect(late.feedFresh).toBe(false);
  await expect(late.verifyToken(pair.accessToken)).rejects.toThrow("unavailable");
  await until(() => late.feedFresh);
  expect(await late.verifyToken(pair.accessToken)).toBeUndefined();
  late.stop();
  await connection.close();
});

test("a revocation that was committed by an identity that died before it spoke is found", async () => {
  const { pair, owner } = await openSession();
  // What such an identity leaves behind: the session ended, the row written, nothing published.
  const dying = await ask(refresh, { refreshToken: pair.refreshToken });
  expect(await isRefusedEverywhere(dying)).toBe(false);
  for (const identity of identities) await identity.kill();
  await servers.revoke(owner);
  for (const identity of identities) await identity.start();
  await until(allFresh);
  expect(await isRefusedEverywhere(pair)).toBe(true);
});
