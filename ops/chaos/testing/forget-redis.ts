/** Making the running exchange's Redis forget: all of it, or all since an old dump. */

import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Redis } from "ioredis";

import { defaultHome } from "../../setup/home.ts";
import { killAll } from "../kill-processes.ts";

/** In the dump and deleted afterwards: that it is there again proves that the dump was loaded. */
const MARKER = "chaos:old-dump";
/** Where Redis looks for what it starts from, by its defaults. */
const BASE = "appendonly.aof.1.base.rdb";
const MANIFEST = "appendonly.aof.manifest";
const BACK_LIMIT_MS = 10_000;
const POLL_MS = 10;

const folder = join(defaultHome().data, "redis");
const appendOnly = join(folder, "appendonlydir");
const old = join(folder, "old-dump");

/** Keeps a dump of what Redis holds now. */
export async function keepDump(redis: Redis): Promise<void> {
  await redis.set(MARKER, "");
  await redis.save();
  await redis.del(MARKER);
  rmSync(old, { recursive: true, force: true });
  mkdirSync(old);
  cpSync(join(folder, "dump.rdb"), join(old, BASE));
  writeFileSync(join(old, MANIFEST), `file ${BASE} seq 1 type b\n`);
}

/** Redis dies and starts from the dump. Returns once it has answered that it did. */
export async function restoreDump(redis: Redis): Promise<void> {
  const lost = join(folder, "lost");
  // The files that Redis has open go on under the new name, and die with it: its supervisor is too fast to swap them
  // between its end and its start.
  renameSync(appendOnly, lost);
  renameSync(old, appendOnly);
  await killAll([{ victim: "redis", delayMs: 0 }], () => undefined);
  const giveUpMs = performance.now() + BACK_LIMIT_MS;
  while (!(await hasMarker(redis))) {
    if (performance.now() > giveUpMs) throw new Error("Redis did not start from the old dump");
    await Bun.sleep(POLL_MS);
  }
  await redis.del(MARKER);
  rmSync(lost, { recursive: true });
}

async function hasMarker(redis: Redis): Promise<boolean> {
  return (await redis.exists(MARKER).catch(() => 0)) === 1;
}
