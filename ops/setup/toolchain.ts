/**
 * NATS, MySQL and Redis for this machine: on PATH when new enough, else unpacked privately into
 * `.exchange/tools`. Nothing is installed into the system and no system service is touched.
 */

import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

import { unpackPackages } from "./debian-packages.ts";
import { inheritedEnv, readOpsEnv } from "./env.ts";
import { Failure } from "./failure.ts";
import { type HomeLock, takeHomeLock } from "./home-lock.ts";
import { toolsFolder } from "./home.ts";
import { runProgram, tellingLine } from "./run-program.ts";

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

/** Unpacked copies. A folder appears only once it is whole. */
const natsRoot = join(toolsFolder, "nats");
const storesRoot = join(toolsFolder, "stores");
const lockPollMs = 200;

const storePackages = [
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

/** Finds all three, fetching what is missing; one process of this checkout fetches at a time. */
export async function findToolchain(report: (line: string) => void): Promise<Toolchain> {
  const found = await findAll();
  if (isComplete(found)) return found;
  const lock = await waitForLock();
  try {
    const { nats, mysql, redis } = await findAll();
    await Promise.all([
      nats ?? fetchNats(report),
      mysql === undefined || redis === undefined ? fetchStores(report) : undefined,
    ]);
  } finally {
    lock.release();
  }
  const fetched = await findAll();
  if (isComplete(fetched)) return fetched;
  throw missing(
    "NATS 2.12, MySQL 8 (or MariaDB 10.11) or Redis 7",
    "what was fetched does not run",
  );
}

async function findAll(): Promise<Partial<Toolchain>> {
  const [nats, mysql, redis] = await Promise.all([
    findNats(natsRoot),
    findMysql(storesRoot),
    findRedis(storesRoot),
  ]);
  return {
    ...(nats === undefined ? {} : { nats }),
    ...(mysql === undefined ? {} : { mysql }),
    ...(redis === undefined ? {} : { redis }),
  };
}

function isComplete(found: Partial<Toolchain>): found is Toolchain {
  return found.nats !== undefined && found.mysql !== undefined && found.redis !== undefined;
}

async function waitForLock(): Promise<HomeLock> {
  for (;;) {
    const lock = await takeHomeLock(toolsFolder);
    if (lock !== undefined) return lock;
    await Bun.sleep(lockPollMs);
  }
}

async function findNats(root: string): Promise<Program | undefined> {
  return await findProgram(["nats-server"], root, (text) => isBetween(text, [2, 12], [9, 0]));
}

async function findRedis(root: string): Promise<Program | undefined> {
  return await findProgram(["redis-server"], root, (text) => isBetween(text, [7, 0], [9, 0]));
}

async function findMysql(root: string): Promise<MysqlProgram | undefined> {
  const names = ["mariadbd", "mysqld"];
  const found = await findProgram(names, root, (text) => readFlavour(text) !== undefined);
  const flavour = readFlavour(found?.versionText ?? "");
  if (found === undefined || flavour === undefined) return undefined;
  const basedir = dirname(dirname(realpathSync(found.path)));
  // The core package without its installation program cannot make a data folder.
  const installer = Bun.which("mariadb-install-db", { PATH: searchPath(basedir) });
  return flavour === "mariadb" && installer === null ? undefined : { ...found, flavour, basedir };
}

/** On PATH first, then under `root`, where a program runs with the libraries that lie beside it. */
async function findProgram(
  names: readonly string[],
  root: string,
  isWanted: (versionText: string) => boolean,
): Promise<(Program & { readonly versionText: string }) | undefined> {
  const libraries = ["x86_64", "aarch64"].map((machine) => `${root}/usr/lib/${machine}-linux-gnu`);
  const places = [
    { PATH: `${readOpsEnv().PATH}:/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin`, env: {} },
    { PATH: searchPath(join(root, "usr")), env: { LD_LIBRARY_PATH: libraries.join(":") } },
  ];
  for (const { PATH, env } of places) {
    for (const name of names) {
      const path = Bun.which(name, { PATH });
      if (path === null) continue;
      const { exitCode, output } = await runProgram([path, "--version"], { env });
      if (exitCode === 0 && isWanted(output)) return { path, env, versionText: output };
    }
  }
  return undefined;
}

type Version = readonly [major: number, minor: number];

/** Reads the first `major.minor` of what `--version` printed: at least `from` and below `below`. */
export function isBetween(versionText: string, from: Version, below: Version): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(versionText) ?? [];
  if (major === undefined || minor === undefined) return false;
  const version = Number(major) * 1_000 + Number(minor);
  return version >= from[0] * 1_000 + from[1] && version < below[0] * 1_000 + below[1];
}

/** Undefined for a version that is too old for either. */
export function readFlavour(versionText: string): MysqlProgram["flavour"] | undefined {
  if (versionText.includes("MariaDB")) {
    return isBetween(versionText, [10, 11], [99, 0]) ? "mariadb" : undefined;
  }
  return isBetween(versionText, [8, 0], [10, 0]) ? "mysql" : undefined;
}

function searchPath(prefix: string): string {
  return ["bin", "sbin", "scripts"].map((folder) => join(prefix, folder)).join(":");
}

async function fetchNats(report: (line: string) => void): Promise<void> {
  report("Fetching nats-server into .exchange/tools ...");
  const reasons: string[] = [];
  const folder = startFolder(natsRoot);
  for (const suite of ["forky", "sid"]) {
    const reason = await unpackPackages({ suite, packages: ["nats-server"], folder });
    if ((await findNats(folder)) !== undefined) return finishFolder(natsRoot);
    reasons.push(`${suite}: ${reason ?? "too old, or it does not run"}`);
  }
  reasons.push(`go: ${await installNatsWithGo(folder)}`);
  if ((await findNats(folder)) !== undefined) return finishFolder(natsRoot);
  throw missing("nats-server 2.12", reasons.join("; "));
}

async function installNatsWithGo(folder: string): Promise<string> {
  if (Bun.which("go") === null) return "not on PATH";
  const target = join(folder, "usr/bin");
  mkdirSync(target, { recursive: true });
  const { output } = await runProgram(
    ["go", "install", "github.com/nats-io/nats-server/v2@latest"],
    { env: { ...goFolders(), GOBIN: target } },
  );
  return tellingLine(output);
}

/** Go keeps its caches under HOME; without one of those it needs a place of its own. */
function goFolders(): Record<string, string> {
  if (inheritedEnv()["GOPATH"] !== undefined || existsSync(readOpsEnv().HOME)) return {};
  return { GOPATH: join(toolsFolder, "go"), GOCACHE: join(toolsFolder, "go/cache") };
}

async function fetchStores(report: (line: string) => void): Promise<void> {
  report("Fetching MariaDB and Redis into .exchange/tools ...");
  const folder = startFolder(storesRoot);
  const reason = await unpackPackages({ suite: "own", packages: storePackages, folder });
  if (reason !== undefined) throw missing("MySQL 8 or MariaDB 10.11, and Redis 7", reason);
  // The server is the same program as the file checker; its own package adds only a link and a service.
  const redis = join(folder, "usr/bin/redis-server");
  if (!existsSync(redis)) symlinkSync("redis-check-rdb", redis);
  if ((await findMysql(folder)) === undefined || (await findRedis(folder)) === undefined) {
    await unpackPackages({ suite: "own", packages: libraryPackages, folder });
  }
  finishFolder(storesRoot);
}

function startFolder(root: string): string {
  const folder = `${root}.new`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function finishFolder(root: string): void {
  rmSync(root, { recursive: true, force: true });
  renameSync(`${root}.new`, root);
}

function missing(what: string, detail: string): Failure {
  return new Failure(
    `${what} or newer is not on PATH and could not be fetched: ${detail}. Install it, or run: docker compose up`,
  );
}
