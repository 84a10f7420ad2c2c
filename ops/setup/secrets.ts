/** Passwords and keys of one exchange: random, made once, readable by their owner only. */

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { JWK } from "jose";
import { exportJWK, generateKeyPair } from "jose";
import { z } from "zod";

import { Failure } from "./failure.ts";
import type { Home } from "./home.ts";
import { writePrivateFile } from "./private-file.ts";

export const natsUsers = [
  "gateway",
  "identity",
  "wallet",
  "order",
  "market",
  "engine",
  "ops",
  "provision",
] as const;
export type NatsUser = (typeof natsUsers)[number];

export const mysqlUsers = ["root", "identity", "wallet", "order", "market", "ops"] as const;
export type MysqlUser = (typeof mysqlUsers)[number];

export const redisUsers = ["root", "gateway", "identity", "wallet", "market", "ops"] as const;
export type RedisUser = (typeof redisUsers)[number];

const Password = z.string().min(16);

const SecretsSchema = z.object({
  nats: z.record(z.enum(natsUsers), Password),
  mysql: z.record(z.enum(mysqlUsers), Password),
  redis: z.record(z.enum(redisUsers), Password),
  demo: Password,
  /** What identity encrypts the secrets of API keys with. */
  sealing: Password,
  /** What edges show to the exchange's NATS server. */
  edge: Password,
});

/** As an earlier version wrote them: it had fewer users, and one password for Redis. */
const EarlierSecrets = z.object({
  nats: z.record(z.string(), Password),
  mysql: z.record(z.string(), Password),
  redis: z.union([Password.transform((root) => ({ root })), z.record(z.string(), Password)]),
  demo: Password,
  sealing: Password.optional(),
  edge: Password.optional(),
});

export type Secrets = Readonly<z.infer<typeof SecretsSchema>> & {
  /** A private Ed25519 JWK. */
  readonly jwtSigningKeyFile: string;
};

export async function ensureSecrets(home: Home): Promise<Secrets> {
  const file = secretsFile(home);
  const fresh = {
    nats: freshPasswords(natsUsers),
    mysql: freshPasswords(mysqlUsers),
    redis: freshPasswords(redisUsers),
    demo: randomBytes(8).toString("hex"),
    sealing: randomPassword(),
    edge: randomPassword(),
  };
  const complete = existsSync(file) ? completeSecrets(readFileSync(file, "utf8"), fresh) : fresh;
  if (complete !== undefined) writePrivateFile(file, `${JSON.stringify(complete, null, 2)}\n`);
  const keyFile = jwtSigningKeyFile(home);
  if (!existsSync(keyFile)) writePrivateFile(keyFile, `${JSON.stringify(await newSigningKey())}\n`);
  return readSecrets(home);
}

export function readSecrets(home: Home): Secrets {
  const file = secretsFile(home);
  const parsed = SecretsSchema.safeParse(parseJson(readFileSync(file, "utf8")));
  if (!parsed.success) {
    throw new Failure(
      `${file} is of an earlier version or damaged. ops/down && ops/up completes it; failing that, remove it and new secrets are made.`,
    );
  }
  return { ...parsed.data, jwtSigningKeyFile: jwtSigningKeyFile(home) };
}

/** Undefined when nothing is missing, or when it is no such file. */
function completeSecrets(text: string, fresh: z.infer<typeof EarlierSecrets>): object | undefined {
  const found = parseJson(text);
  if (SecretsSchema.safeParse(found).success) return undefined;
  const earlier = EarlierSecrets.safeParse(found);
  if (!earlier.success) return undefined;
  const { nats, mysql, redis, demo, sealing = fresh.sealing, edge = fresh.edge } = earlier.data;
  return {
    nats: { ...fresh.nats, ...nats },
    mysql: { ...fresh.mysql, ...mysql },
    redis: { ...fresh.redis, ...redis },
    demo,
    sealing,
    edge,
  };
}

function freshPasswords(users: readonly string[]): Record<string, string> {
  return Object.fromEntries(users.map((user) => [user, randomPassword()]));
}

/** A private Ed25519 JWK. */
export async function newSigningKey(): Promise<JWK & { readonly kid: string }> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const kid = randomBytes(8).toString("hex");
  return { ...(await exportJWK(privateKey)), kid, alg: "EdDSA", use: "sig" };
}

function randomPassword(): string {
  return randomBytes(24).toString("hex");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function secretsFile(home: Home): string {
  return join(home.secrets, "secrets.json");
}

export function jwtSigningKeyFile(home: Home): string {
  return join(home.secrets, "jwt-signing-key.json");
}
