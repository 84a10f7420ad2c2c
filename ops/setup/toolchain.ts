/**
 * NATS, MySQL and Redis for this machine: on PATH when new enough, else unpacked privately into
 * `.exchange/tools`. Nothing is installed into the system and no system service is touched.
 */

import { existsSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

import { unpackPackages } from "./debian-packages.ts";
import { inheritedEnv, readOpsEnv } from "./env.ts";
import { Failure } from "./failure.ts";
import { toolsFolder } from "./home.ts";
import { runProgram } from "./run-program.ts";

export interface Program {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface MysqlProgram extends Program {
  readonly flavour: "mariadb" | "mysql";
  readonly basedir: string;
}

export interface Toolchain {
  readonly nats: Program;
  readonly mysql: MysqlProgram;
  readonly redis: Program;
}

const privateRoot = join(toolsFolder, "servers");

/** Newest last: a private copy from here runs with its own libraries. */
const privateEnv = {
  LD_LIBRARY_PATH: ["x86_64", "aarch64"]
    .map((machine) => join(privateRoot, `usr/lib/${machine}-linux-gnu`))
    .join(":"),
};

const mysqlPackages = [
  "mariadb-server-core",
  "mariadb-client-core",
  "redis-tools",
  "libmariadb3",
  "libaio1|libaio1t64",
  "liburing2",
  "libjemalloc2",
  "liblzf1",
  "libnuma1",
];

/** What a minimal system lacks besides. */
const libraryPackages = [
  "?libpcre2-8-0",
  "?libssl3|libssl3t64",
  "?libsystemd0",
  "?libcap2",
  "?libgcrypt20",
  "?libgpg-error0",
  "?liblz4-1",
  "?libzstd1",
  "?libatomic1",
  "?libncurses6",
  "?libtinfo6",
  "?libedit2",
  "?libbsd0",
  "?libmd0",
];

export async function findToolchain(report: (line: string) => void): Promise<Toolchain> {
  const nats = (await findNats()) ?? (await fetchNats(report));
  let mysql = await findMysql();
  let redis = await findRedis();
  if (mysql === undefined || redis === undefined) {
    await fetchMysqlAndRedis(report);
    mysql ??= await findMysql();
    redis ??= await findRedis();
  }
  if (mysql === undefined) throw missing("MySQL 8 or MariaDB 10.11", "mariadb-server-core");
  if (redis === undefined) throw missing("Redis 7", "redis-server");
  return { nats, mysql, redis };
}

async function findNats(): Promise<Program | undefined> {
  return await findProgram(["nats-server"], { from: [2, 12] });
}

async function findRedis(): Promise<Program | undefined> {
  return await findProgram(["redis-server"], { from: [7, 0], below: [9, 0] });
}

async function findMysql(): Promise<MysqlProgram | undefined> {
  const mariadb =
    (await findProgram(["mariadbd", "mysqld"], { from: [10, 11], flavour: "MariaDB" })) ??
    undefined;
  const found = mariadb ?? (await findProgram(["mysqld"], { from: [8, 0], below: [10, 0] }));
  if (found === undefined) return undefined;
  const basedir = dirname(dirname(realpathSync(found.path)));
  if (mariadb === undefined) return { ...found, flavour: "mysql", basedir };
  // The core package without its installation program cannot make a data folder.
  if (Bun.which("mariadb-install-db", { PATH: searchPath(basedir) }) === null) return undefined;
  return { ...found, flavour: "mariadb", basedir };
}

interface Wanted {
  readonly from: readonly [number, number];
  readonly below?: readonly [number, number];
  readonly flavour?: string;
}

async function findProgram(names: readonly string[], wanted: Wanted): Promise<Program | undefined> {
  const systemPath = `${readOpsEnv().PATH}:/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin`;
  const candidates = names.flatMap((name) => [
    { path: Bun.which(name, { PATH: systemPath }), env: {} },
    { path: Bun.which(name, { PATH: searchPath(join(privateRoot, "usr")) }), env: privateEnv },
  ]);
  for (const { path, env } of candidates) {
    if (path === null) continue;
    const { exitCode, output } = await runProgram([path, "--version"], { env });
    if (exitCode === 0 && isWanted(output, wanted)) return { path, env };
  }
  return undefined;
}

/** Reads the first `major.minor` of what `--version` printed. */
export function isWanted(versionText: string, { from, below, flavour }: Wanted): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(versionText) ?? [];
  if (major === undefined || minor === undefined) return false;
  const version = Number(major) * 1_000 + Number(minor);
  if (version < from[0] * 1_000 + from[1]) return false;
  if (below !== undefined && version >= below[0] * 1_000 + below[1]) return false;
  return flavour === undefined || versionText.includes(flavour);
}

function searchPath(prefix: string): string {
  return ["bin", "sbin", "scripts"].map((folder) => join(prefix, folder)).join(":");
}

async function fetchNats(report: (line: string) => void): Promise<Program> {
  report("Fetching nats-server into .exchange/tools ...");
  const reasons: string[] = [];
  for (const suite of ["forky", "sid"]) {
    const reason = await unpackPackages({ suite, packages: ["nats-server"], folder: privateRoot });
    const found = await findNats();
    if (found !== undefined) return found;
    reasons.push(`${suite}: ${reason ?? "too old"}`);
  }
  const installed = await installNatsWithGo();
  const found = await findNats();
  if (found !== undefined) return found;
  throw missing("nats-server 2.12", `nats-server (${[...reasons, `go: ${installed}`].join("; ")})`);
}

async function installNatsWithGo(): Promise<string> {
  if (Bun.which("go") === null) return "not on PATH";
  const target = join(privateRoot, "usr/sbin");
  mkdirSync(target, { recursive: true });
  const { output } = await runProgram(
    ["go", "install", "github.com/nats-io/nats-server/v2@latest"],
    { env: { ...goFolders(), GOBIN: target } },
  );
  return output.trim().split("\n").at(-1) ?? "";
}

/** Go keeps its caches under HOME; without one of those it needs a place of its own. */
function goFolders(): Record<string, string> {
  if (inheritedEnv()["GOPATH"] !== undefined || existsSync(readOpsEnv().HOME)) return {};
  return { GOPATH: join(toolsFolder, "go"), GOCACHE: join(toolsFolder, "go/cache") };
}

async function fetchMysqlAndRedis(report: (line: string) => void): Promise<void> {
  report("Fetching MariaDB and Redis into .exchange/tools ...");
  const folder = privateRoot;
  const reason = await unpackPackages({ suite: "own", packages: mysqlPackages, folder });
  if (reason !== undefined) throw missing("MySQL 8 or MariaDB 10.11, and Redis 7", reason);
  linkRedis();
  if ((await findMysql()) === undefined || (await findRedis()) === undefined) {
    await unpackPackages({ suite: "own", packages: libraryPackages, folder });
  }
}

/** The server is the same program as the file checker; its own package only adds a link and a service. */
function linkRedis(): void {
  const server = join(privateRoot, "usr/bin/redis-server");
  if (!existsSync(server)) symlinkSync("redis-check-rdb", server);
}

function missing(what: string, detail: string): Failure {
  return new Failure(
    `${what} or newer is not on PATH and could not be fetched: ${detail}. Install it, or run: docker compose up`,
  );
}
