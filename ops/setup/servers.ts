/** NATS, MySQL and Redis as supervised processes, each with its own data folder and durable settings. */

import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import { z } from "zod";

import { Failure } from "./failure.ts";
import { freeMbOf, type Home } from "./home.ts";
import { EXCHANGE_ACCOUNT, renderNatsConfig } from "./nats-config.ts";
import { writePrivateFile } from "./private-file.ts";
import { answersOk, type ProcessSpec } from "./process-spec.ts";
import { renderRedisConfig } from "./redis-config.ts";
import { runProgram, tellingLine } from "./run-program.ts";
import type { Secrets } from "./secrets.ts";
import type { MysqlProgram, Program, Toolchain } from "./toolchain.ts";

export const serverPortNames = [
  "nats",
  "nats-public",
  "nats-leaf",
  "nats-monitor",
  "mysql",
  "redis",
] as const;
export type ServerPorts = Readonly<Record<(typeof serverPortNames)[number], number>>;

export interface ServersInput {
  readonly home: Home;
  readonly tools: Toolchain;
  readonly secrets: Secrets;
  readonly ports: ServerPorts;
}

/** MySQL keeps its dictionary in it; MariaDB has no such file. */
const mysqlsOwnFile = "mysql.ibd";
const mysqlStopLimitMs = 30_000;
export const serverStopLimitMs = 15_000;
const healthLimitMs = 1_000;
/** Starting again on a full disk would be in vain. */
const roomAgainMb = 128;

const Health = z.object({ error: z.string().optional() });

/** A larger redo log than the default: it was full every few seconds under load. */
const flavourOptions = {
  mariadb: ["--innodb-log-file-size=512M"],
  mysql: [
    "--innodb-redo-log-capacity=512M",
    // Its second protocol would listen on a fixed port, and its file folder is the system's.
    "--mysqlx=OFF",
    "--secure-file-priv=NULL",
  ],
} as const satisfies Record<MysqlProgram["flavour"], readonly string[]>;

export async function prepareServers(input: ServersInput): Promise<ProcessSpec[]> {
  return [prepareNats(input), await prepareMysql(input), prepareRedis(input)];
}

function prepareNats({ home, tools, secrets, ports }: ServersInput): ProcessSpec {
  const config = join(home.run, "nats.conf");
  const monitor = `127.0.0.1:${ports["nats-monitor"]}`;
  const storeFolder = join(home.data, "nats");
  moveStreams(join(storeFolder, "jetstream"));
  writePrivateFile(
    config,
    renderNatsConfig({
      listen: `127.0.0.1:${ports.nats}`,
      publicListen: `127.0.0.1:${ports["nats-public"]}`,
      leafListen: `127.0.0.1:${ports["nats-leaf"]}`,
      monitor,
      storeFolder,
      passwords: secrets.nats,
      edgePassword: secrets.edge,
    }),
  );
  return {
    name: "nats-server",
    group: "server",
    command: [tools.nats.path, "--config", config],
    cwd: home.root,
    env: { ...tools.nats.env, ...schedulerEnv() },
    port: ports.nats,
    stopLimitMs: serverStopLimitMs,
    isReady: () => answersOk(`http://${monitor}/healthz`),
    findFault: () => findWriteError(monitor, home),
  };
}

/** An earlier version had no accounts, and its streams in the folder of the one that everybody is in by default. */
function moveStreams(folder: string): void {
  const [before, now] = [join(folder, "$G"), join(folder, EXCHANGE_ACCOUNT)];
  if (existsSync(before) && !existsSync(now)) renameSync(before, now);
}

/** A stream that met a full disk takes nothing any more, also when there is room again. */
async function findWriteError(monitor: string, home: Home): Promise<string | undefined> {
  if (freeMbOf(home) < roomAgainMb) return undefined;
  try {
    const url = `http://${monitor}/healthz`;
    const response = await fetch(url, { signal: AbortSignal.timeout(healthLimitMs) });
    const { error } = Health.parse(await response.json());
    return error?.includes("write error") === true ? error : undefined;
  } catch {
    // Not answering is for others to notice.
    return undefined;
  }
}

/**
 * On a small machine Go's scheduler spends a third of the server's time waking its own threads, which then compete
 * with everybody else: one thread for Go code carries 25 % more orders on two cores. Writes still overlap.
 */
export function schedulerEnv(): Record<string, string> {
  return availableParallelism() <= 2 ? { GOMAXPROCS: "1" } : {};
}

function prepareRedis({ home, tools, secrets, ports }: ServersInput): ProcessSpec {
  const folder = join(home.data, "redis");
  const config = join(home.run, "redis.conf");
  mkdirSync(folder, { recursive: true });
  writePrivateFile(
    config,
    renderRedisConfig({ bind: "127.0.0.1", port: ports.redis, folder, passwords: secrets.redis }),
  );
  return {
    name: "redis",
    group: "server",
    command: [tools.redis.path, config],
    cwd: folder,
    env: tools.redis.env,
    port: ports.redis,
    stopLimitMs: serverStopLimitMs,
    isReady: () => answersPing(ports.redis, secrets.redis.root),
  };
}

async function prepareMysql({ home, tools, secrets, ports }: ServersInput): Promise<ProcessSpec> {
  const folder = join(home.data, "mysql");
  if (!existsSync(folder)) await createMysqlData(tools.mysql, folder);
  assertFlavour(tools.mysql, folder);
  // A server that starts deletes the temporary tables it finds, also those of another one beside it.
  const temporary = join(home.run, "mysql-tmp");
  mkdirSync(temporary, { recursive: true });
  const initFile = join(home.run, "mysql-init.sql");
  writePrivateFile(initFile, rootStatements(secrets.mysql.root).join("\n"));
  return {
    name: "mysql",
    group: "server",
    command: [
      tools.mysql.path,
      "--no-defaults",
      ...asRoot(),
      `--basedir=${tools.mysql.basedir}`,
      `--datadir=${folder}`,
      `--tmpdir=${temporary}`,
      // Relative to the data folder: the server refuses a socket's path of more than 107 bytes.
      "--socket=my.sock",
      `--port=${ports.mysql}`,
      "--bind-address=127.0.0.1",
      "--skip-name-resolve",
      "--skip-log-bin",
      "--innodb-flush-log-at-trx-commit=1",
      "--innodb-doublewrite=1",
      "--transaction-isolation=READ-COMMITTED",
      "--character-set-server=utf8mb4",
      "--innodb-buffer-pool-size=512M",
      `--init-file=${initFile}`,
      ...flavourOptions[tools.mysql.flavour],
    ],
    cwd: home.root,
    env: tools.mysql.env,
    port: ports.mysql,
    stopLimitMs: mysqlStopLimitMs,
    isReady: () => answersSelect(ports.mysql, secrets.mysql.root),
  };
}

/** Made aside and renamed, so that an interrupted installation is never taken for a data folder. */
async function createMysqlData(mysql: MysqlProgram, folder: string): Promise<void> {
  const next = `${folder}.new`;
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  const { exitCode, output } = await runProgram(mysqlInstallCommand(mysql, next), {
    env: mysql.env,
  });
  if (exitCode !== 0) throw new Failure(`MySQL's data folder was not made: ${tellingLine(output)}`);
  renameSync(next, folder);
}

/** Neither of the two reads the other's files, and starting with empty ones would lose the ledger. */
function assertFlavour({ flavour }: MysqlProgram, folder: string): void {
  const made = existsSync(join(folder, mysqlsOwnFile)) ? "mysql" : "mariadb";
  if (made === flavour) return;
  throw new Failure(`The data in ${folder} was made by ${made}, but only ${flavour} was found.`);
}

function mysqlInstallCommand(mysql: MysqlProgram, folder: string): string[] {
  const common = [
    "--no-defaults",
    ...asRoot(),
    `--basedir=${mysql.basedir}`,
    `--datadir=${folder}`,
  ];
  if (mysql.flavour === "mysql") return [mysql.path, ...common, "--initialize-insecure"];
  return [
    ...mariadbInstaller(mysql),
    ...common,
    // Without it the installation fails where `localhost` does not resolve.
    "--force",
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    "--skip-name-resolve",
  ];
}

function mariadbInstaller({ basedir }: Program & { basedir: string }): string[] {
  const found = Bun.which("mariadb-install-db", {
    PATH: `${basedir}/bin:${basedir}/scripts:/usr/bin:/usr/local/bin`,
  });
  return [found ?? "mariadb-install-db"];
}

/** Run at each start, so that a lost secrets folder mends itself. */
function rootStatements(password: string): string[] {
  return [
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
    `CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `ALTER USER 'root'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;`,
    "",
  ];
}

/** The server refuses to run as root unless it is told that root is meant. */
function asRoot(): string[] {
  return process.getuid?.() === 0 ? ["--user=root"] : [];
}

async function answersSelect(port: number, password: string): Promise<boolean> {
  try {
    const connection = await createConnection({
      host: "127.0.0.1",
      port,
      user: "root",
      password,
      connectTimeout: 1_000,
    });
    await connection.query("SELECT 1");
    await connection.end();
    return true;
  } catch {
    return false;
  }
}

async function answersPing(port: number, password: string): Promise<boolean> {
  const redis = new Redis({
    host: "127.0.0.1",
    port,
    password,
    lazyConnect: true,
    connectTimeout: 1_000,
    commandTimeout: 1_000,
    retryStrategy: () => null,
  });
  // Each failure also fails the call below; without a listener it would be logged besides.
  redis.on("error", () => undefined);
  try {
    await redis.connect();
    return (await redis.ping()) === "PONG";
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
