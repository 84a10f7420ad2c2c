/** An identity of its own for one live test: a database, a key and a Redis prefix that go away afterwards. */

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { migrate, openMysql, openRedis } from "@exchange/store";
import type { RunningProcess } from "@exchange/streams/runtime";
import { connectNats, createTelemetry } from "@exchange/streams/runtime";
import { readTestMysqlUrl, readTestRedisUrl, readTestServer } from "@exchange/streams/testing";
import type { Redis } from "ioredis";
import type { JWK } from "jose";
import { exportJWK, generateKeyPair } from "jose";
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { NatsConnection } from "nats";

import { migrations } from "../migrations/index.ts";
import { createSealer } from "../seal.ts";
import { watchSigningKeys } from "../signing-keys.ts";
import { startIdentity } from "../start-identity.ts";
import type { Tables } from "../tables.ts";

/** What its passkeys are for. */
export const testSite = { id: "localhost", origin: "http://localhost:3000" };

export interface ScratchIdentity {
  readonly db: Kysely<Tables>;
  readonly redis: Redis;
  readonly redisPrefix: string;
  readonly connection: NatsConnection;
  /** A file with one key. */
  readonly keyFile: string;
  /** Starts one more instance, on a Redis of the caller's choice. */
  start(redisUrl?: string): Promise<RunningProcess>;
  remove(): Promise<void>;
}

export async function openScratchIdentity(): Promise<ScratchIdentity> {
  const mysqlUrl = readTestMysqlUrl();
  const redisUrl = readTestRedisUrl();
  const suffix = randomBytes(6).toString("hex");
  const database = `identity_test_${suffix}`;
  const redisPrefix = `${database}:`;
  const root = openMysql<unknown>({ url: mysqlUrl, connectionsMax: 1 });
  await sql`create database ${sql.id(database)} character set utf8mb4 collate utf8mb4_bin`.execute(
    root,
  );
  const url = `${mysqlUrl}/${database}`;
  const db = openMysql<Tables>({ url, connectionsMax: 4 });
  await migrate(db, migrations);
  const redis = await openRedis(redisUrl);
  const folder = mkdtempSync(join(tmpdir(), "identity-key-"));
  const keyFile = join(folder, "key.json");
  await Bun.write(keyFile, JSON.stringify(await mintSigningKey()));
  const connection = await connectNats({ ...readTestServer(), name: "identity-test" });
  const telemetry = createTelemetry({
    service: "identity",
    instance: "identity-test",
    logLevel: "silent",
    traceExporter: "none",
  });
  return {
    db,
    redis,
    redisPrefix,
    connection,
    keyFile,
    async start(ownRedisUrl = redisUrl) {
      return await startIdentity({
        connection,
        telemetry,
        db: openMysql<Tables>({ url, connectionsMax: 8 }),
        redis: await openRedis(ownRedisUrl, { mayBeDown: true }),
        redisPrefix,
        sealer: createSealer("a secret of this test and of no other"),
        passkeySite: { id: testSite.id, origins: [testSite.origin] },
        signingKeys: await watchSigningKeys(keyFile, () => undefined),
      });
    },
    async remove() {
      await connection.close();
      const keys = await redis.keys(`${redisPrefix}*`);
      if (keys.length > 0) await redis.del(keys);
      redis.disconnect();
      await db.destroy();
      await sql`drop database ${sql.id(database)}`.execute(root);
      await root.destroy();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A private JWK. */
export async function mintSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  return await exportJWK(privateKey);
}
