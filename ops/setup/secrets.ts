/** Passwords and keys of one exchange: random, made once, readable by their owner only. */

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

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

export const mysqlUsers = ["root", "identity", "wallet", "order", "ops"] as const;
export type MysqlUser = (typeof mysqlUsers)[number];

const Password = z.string().min(16);

const SecretsSchema = z.object({
  nats: z.record(z.enum(natsUsers), Password),
  mysql: z.record(z.enum(mysqlUsers), Password),
  redis: Password,
  demo: Password,
});

export type Secrets = Readonly<z.infer<typeof SecretsSchema>> & {
  /** A private Ed25519 JWK. */
  readonly jwtSigningKeyFile: string;
};

export async function ensureSecrets(home: Home): Promise<Secrets> {
  const file = secretsFile(home);
  if (!existsSync(file)) {
    const fresh = {
      nats: Object.fromEntries(natsUsers.map((user) => [user, randomPassword()])),
      mysql: Object.fromEntries(mysqlUsers.map((user) => [user, randomPassword()])),
      redis: randomPassword(),
      demo: randomBytes(8).toString("hex"),
    };
    writePrivateFile(file, `${JSON.stringify(fresh, null, 2)}\n`);
  }
  const keyFile = jwtSigningKeyFile(home);
  if (!existsSync(keyFile)) writePrivateFile(keyFile, `${JSON.stringify(await newSigningKey())}\n`);
  return readSecrets(home);
}

export function readSecrets(home: Home): Secrets {
  const file = secretsFile(home);
  const parsed = SecretsSchema.safeParse(parseJson(readFileSync(file, "utf8")));
  if (!parsed.success) throw new Failure(`${file} is damaged: remove it and new secrets are made.`);
  return { ...parsed.data, jwtSigningKeyFile: jwtSigningKeyFile(home) };
}

async function newSigningKey(): Promise<object> {
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

function jwtSigningKeyFile(home: Home): string {
  return join(home.secrets, "jwt-signing-key.json");
}
