/**
 * A backup of a running exchange: streams and databases, to one point. Nobody who trades notices: while the open logs
 * are copied, settlement and the order rows wait, and nothing else does.
 */

import { bucket, encodeJson, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import { clearFolder, writeWhole } from "../epochs/write-copy.ts";
import { Failure } from "../setup/failure.ts";
import { BACKUP_MANIFEST, BackupManifest } from "./manifest.ts";
import type { Session } from "./mysql-dump.ts";
import { dumpDatabases, holdCursors, openMoment } from "./mysql-dump.ts";
import { openSnapshot } from "./stream-snapshot.ts";

export interface BackupInput {
  /** Of the user who may copy streams. */
  readonly connection: NatsConnection;
  /** Of the user who may lock and read all tables. */
  readonly mysqlUrl: string;
  readonly folder: string;
  readonly listMarkets: () => Promise<readonly Market[]>;
}

export interface BackupTaken {
  readonly manifest: BackupManifest;
  /** How long settlement and the order rows waited. */
  readonly heldMs: number;
}

/** Refuses when a market was listed or rotated meanwhile. A folder that has a backup is made anew. */
export async function takeBackup(input: BackupInput): Promise<BackupTaken> {
  const { connection, mysqlUrl, folder } = input;
  await clearFolder(folder, BACKUP_MANIFEST);
  const before = await input.listMarkets();
  const { closed, shared, open } = await listStreams(connection, before);
  const streams: BackupManifest["streams"] = [];
  const copy = async (name: string): Promise<void> => {
    const { head, chunks } = await openSnapshot(connection, name);
    const file = await writeWhole(folder, `${name}.snapshot`, chunks);
    streams.push({ ...file, head });
  };
  // What is over does not change, and nobody has to wait for it.
  for (const name of closed) await copy(name);
  await using opened = new AsyncDisposableStack();
  const held = await holdCursors(mysqlUrl);
  const heldSinceMs = performance.now();
  let moment: Session;
  try {
    // Each of these may hold less than the next: snapshots of the engine, then events up to where every cursor stands at
    // least, then the commands that they decide, and last the holds that those commands need.
    for (const name of [...shared, ...open]) await copy(name);
    moment = opened.adopt(await openMoment(mysqlUrl), async (one) => await one.end());
  } finally {
    await held.release();
  }
  const heldMs = performance.now() - heldSinceMs;
  const after = await input.listMarkets();
  if (epochsOf(before) !== epochsOf(after)) {
    throw new Failure("A market was listed or rotated meanwhile: take the backup again.");
  }
  const [version] = await moment.rows("select version() as version");
  const manifest = BackupManifest.parse({
    v: 1,
    takenAt: new Date().toISOString(),
    mysqlVersion: version?.["version"],
    streams,
    ...(await dumpDatabases(moment, folder)),
  });
  await writeWhole(folder, BACKUP_MANIFEST, [encodeJson(manifest)]);
  return { manifest, heldMs };
}

interface Streams {
  readonly closed: readonly string[];
  readonly shared: readonly string[];
  /** Of each market the events before the commands. */
  readonly open: readonly string[];
}

/** All but the leases, which are nobody's after a restore. */
async function listStreams(
  connection: NatsConnection,
  markets: readonly Market[],
): Promise<Streams> {
  const jsm = await connection.jetstreamManager();
  const names = new Set<string>();
  for await (const { config } of jsm.streams.list()) names.add(config.name);
  const open = markets.flatMap(({ market, epoch }) => [
    stream.events(market, epoch),
    stream.commands(market, epoch),
  ]);
  const shared = [`OBJ_${bucket.snapshots}`, `KV_${bucket.markets}`, `KV_${bucket.dedup}`];
  const absent = [...open, ...shared].filter((name) => !names.has(name));
  if (absent.length > 0) throw new Failure(`The server does not have ${absent.join(", ")}.`);
  const others = new Set([...open, ...shared, `KV_${bucket.leases}`]);
  return { closed: [...names].filter((name) => !others.has(name)).toSorted(), shared, open };
}

function epochsOf(markets: readonly Market[]): string {
  return markets
    .map(({ market, epoch }) => `${market} ${epoch}`)
    .toSorted()
    .join();
}
