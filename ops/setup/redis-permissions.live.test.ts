/** What a service's Redis user may and may not do, on the server that `ops/up` configured. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { openRedis } from "@exchange/store";
import type { Redis } from "ioredis";

import { onLoopback, redisUrl } from "./addresses.ts";
import { defaultHome } from "./home.ts";
import { readSecrets, type RedisUser } from "./secrets.ts";
import { readState } from "./state.ts";

const services = ["gateway", "identity", "wallet", "market", "ops"] as const;
const keys = {
  gateway: `gateway:limit:auth:test-${process.pid}`,
  identity: `identity:test-${process.pid}`,
  wallet: `wallet:lock:test-${process.pid}`,
  market: `market:{TEST-${process.pid}}:position`,
} as const;
const clients = new Map<RedisUser, Redis>();

async function connectAs(user: RedisUser): Promise<Redis> {
  const home = defaultHome();
  const { nats = 0, mysql = 0, redis = 0 } = readState(home)?.ports ?? {};
  const at = onLoopback({ nats, mysql, redis });
  return await openRedis(redisUrl(at, readSecrets(home), user));
}

function client(user: RedisUser): Redis {
  const found = clients.get(user);
  if (found === undefined) throw new Error(`${user} is not connected`);
  return found;
}

beforeAll(async () => {
  for (const user of ["root", ...services] as const) clients.set(user, await connectAs(user));
});
afterAll(async () => {
  await client("root").del(Object.values(keys));
  for (const redis of clients.values()) redis.disconnect();
});

const REFUSED = /NOPERM/;

/** As a script, which is refused by what it would do and not only by its name. */
function write(redis: Redis, user: RedisUser, key: string): Promise<unknown> {
  const command =
    user === "market" ? "redis.call('HSET', KEYS[1], 'to', '1')" : "redis.call('SET', KEYS[1], 1)";
  return user === "identity" ? redis.set(key, "1") : redis.eval(`return ${command}`, 1, key);
}

const owners = ["gateway", "identity", "wallet", "market"] as const;
const cases = services.flatMap((user) => owners.map((owner) => ({ user, owner })));

test.each(cases)(
  "$user writes $owner's keys only when they are its own",
  async ({ user, owner }) => {
    const writing = write(client(user), user, keys[owner]);
    if (user === owner) expect(await writing).not.toBeNull();
    else await expect(writing).rejects.toThrow(REFUSED);
  },
);

test("ops reads market views, and nobody else's keys", async () => {
  expect(await client("ops").hgetall(keys.market)).toBeObject();
  await expect(client("ops").hgetall(keys.identity)).rejects.toThrow(REFUSED);
});

test.each(services)("%s can neither empty, list, configure nor stop Redis", async (user) => {
  const redis = client(user);
  for (const refused of [
    redis.flushall(),
    redis.keys("*"),
    redis.scan(0),
    redis.config("GET", "dir"),
    redis.acl("LIST"),
    redis.shutdown("NOSAVE"),
    redis.subscribe("anything"),
  ]) {
    await expect(refused).rejects.toThrow(REFUSED);
  }
});

test("a login without a password is refused", async () => {
  const home = defaultHome();
  const { redis = 0 } = readState(home)?.ports ?? {};
  await expect(openRedis(`redis://127.0.0.1:${redis}`)).rejects.toThrow();
});
