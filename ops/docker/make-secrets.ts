/**
 * Makes what the containers need to trust each other, once: `make-secrets.ts FOLDER` writes a folder
 * for each of them, which docker-compose.yml mounts into that container alone.
 */

import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Failure, runCommand } from "../setup/failure.ts";
import { homeAt, prepareHome } from "../setup/home.ts";
import { renderNatsConfig } from "../setup/nats-config.ts";
import { renderRedisConfig } from "../setup/redis-config.ts";
import { provisioningEnv } from "../setup/run-provision.ts";
import { ensureSecrets, type Secrets } from "../setup/secrets.ts";
import { listServices } from "../setup/service-list.ts";
import { readContainerEnv } from "./env.ts";

/** The servers' names and ports inside the network of docker-compose.yml. */
const at = { nats: "nats:4222", mysql: "mysql:3306", redis: "redis:6379" } as const;

/** The containers of profiles that have a password of their own. */
const onlookers = ["grafana", "elasticsearch", "kibana", "logstash"] as const;
/** Those that `ops/logging/set-up.ts` makes known to one another. */
const loggers = ["elasticsearch", "kibana", "logstash"] as const;

await runCommand(async () => {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Failure("Usage: make-secrets.ts FOLDER");
  const home = homeAt(join(folder, "source"));
  prepareHome(home);
  const secrets = await ensureSecrets(home);
  writeServerFiles(folder, secrets);
  writeServiceFiles(folder, secrets);
  for (const owner of onlookers) ensurePassword(folder, owner);
  for (const owner of loggers)
    writeFor(folder, `logging-setup/${owner}`, readPassword(folder, owner));
  console.log(`The secrets are in ${folder}.`);
  return 0;
});

function writeServerFiles(folder: string, secrets: Secrets): void {
  const natsConfig = renderNatsConfig({
    listen: "0.0.0.0:4222",
    publicListen: "0.0.0.0:9222",
    leafListen: "0.0.0.0:7422",
    monitor: "0.0.0.0:8222",
    storeFolder: "/data",
    passwords: secrets.nats,
    edgePassword: secrets.edge,
  });
  const redisConfig = renderRedisConfig({
    bind: "0.0.0.0",
    port: 6379,
    folder: "/data",
    passwords: secrets.redis,
  });
  writeFor(folder, "nats/nats.conf", natsConfig);
  writeFor(folder, "redis/redis.conf", redisConfig);
  writeFor(folder, "redis/password", secrets.redis.root);
  writeFor(folder, "mysql/root-password", secrets.mysql.root);
}

function writeServiceFiles(folder: string, secrets: Secrets): void {
  const services = listServices({
    at,
    secrets,
    jwtSigningKeyFile: "/secrets/jwt-signing-key.json",
    testFunds: readContainerEnv().TEST_FUNDS,
  });
  for (const { name, env } of services) writeFor(folder, `${name}/env`, formatEnv(env));
  writeFor(folder, "provision/env", formatEnv(provisioningEnv(at, secrets)));
  const signingKey = readFileSync(secrets.jwtSigningKeyFile, "utf8");
  writeFor(folder, "identity/jwt-signing-key.json", signingKey);
}

/** Made once: these are asked for when the container first makes its data. */
function ensurePassword(folder: string, owner: (typeof onlookers)[number]): void {
  const path = `${owner}/password`;
  if (!existsSync(join(folder, path))) writeFor(folder, path, randomBytes(24).toString("hex"));
}

function readPassword(folder: string, owner: (typeof onlookers)[number]): string {
  return readFileSync(join(folder, owner, "password"), "utf8");
}

/** Readable by any user inside the one container that mounts it: server images choose their own. */
function writeFor(folder: string, path: string, text: string): void {
  const target = join(folder, path);
  const [owner = ""] = path.split("/");
  if (!existsSync(join(folder, owner))) mkdirSync(join(folder, owner));
  writeFileSync(target, text);
  chmodSync(target, 0o644);
}

function formatEnv(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join("");
}
