/** Putting a backup into servers that have nothing of an exchange yet. */

import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createGunzip } from "node:zlib";

import { decodeJson } from "@exchange/streams";
import type { NatsConnection } from "nats";

import { textOf } from "../audit/read/mysql-snapshot.ts";
import type { CopiedFile } from "../epochs/manifest.ts";
import { Failure } from "../setup/failure.ts";
import type { BackedUpTable } from "./manifest.ts";
import { BACKUP_MANIFEST, BackupManifest } from "./manifest.ts";
import type { Session } from "./mysql-dump.ts";
import { listDatabases, openSession } from "./mysql-dump.ts";
import { restoreStream } from "./stream-snapshot.ts";
import { quoteName } from "./table-text.ts";

export interface RestoreInput {
  readonly connection: NatsConnection;
  readonly mysqlUrl: string;
  readonly folder: string;
}

/** Refuses a backup that is not whole and servers that are not empty: nothing is written then. */
export async function restoreBackup({
  connection,
  mysqlUrl,
  folder,
}: RestoreInput): Promise<BackupManifest> {
  const manifest = await openBackup(folder);
  const session = openSession(mysqlUrl);
  try {
    await refuseUnlessEmpty(connection, session);
    await session.rows("set foreign_key_checks = 0, unique_checks = 0, time_zone = '+00:00'");
    for (const { create } of manifest.databases) await session.rows(create);
    for (const table of manifest.tables) await restoreTable(session, folder, table);
    for (const { name, triggers } of manifest.databases) {
      await session.rows(`use ${quoteName(name)}`);
      for (const create of triggers) await session.rows(create);
    }
  } finally {
    await session.end();
  }
  for (const { head, file } of manifest.streams) {
    await restoreStream(connection, head, Bun.file(join(folder, file)).stream());
  }
  return manifest;
}

/** Reads all of it once. Throws where it is not what its manifest says. */
export async function openBackup(folder: string): Promise<BackupManifest> {
  const stored = Bun.file(join(folder, BACKUP_MANIFEST));
  if (!(await stored.exists())) throw new Failure(`${folder} has no whole backup.`);
  const parsed = BackupManifest.safeParse(decodeJson(await stored.bytes()));
  if (!parsed.success) throw new Failure(`${folder} has no backup that this version reads.`);
  const { streams, tables } = parsed.data;
  for (const file of [...streams, ...tables]) await verifyFile(folder, file);
  return parsed.data;
}

async function verifyFile(folder: string, { file, bytes, sha256 }: CopiedFile): Promise<void> {
  const stored = Bun.file(join(folder, file));
  const hasher = new Bun.CryptoHasher("sha256");
  if (!(await stored.exists())) throw new Failure(`The backup lacks ${file}.`);
  for await (const part of stored.stream()) hasher.update(part);
  if (stored.size !== bytes || hasher.digest("hex") !== sha256) {
    throw new Failure(`${file} of the backup is not what was written.`);
  }
}

async function refuseUnlessEmpty(connection: NatsConnection, session: Session): Promise<void> {
  const jsm = await connection.jetstreamManager();
  const streams: string[] = [];
  for await (const { config } of jsm.streams.list()) streams.push(config.name);
  const found = [...streams, ...(await listDatabases(session))];
  if (found.length === 0) return;
  throw new Failure(`A backup goes into empty servers, and these have ${found.join(", ")}.`);
}

async function restoreTable(session: Session, folder: string, table: BackedUpTable): Promise<void> {
  const { database, create, file } = table;
  const name = `${quoteName(database)}.${quoteName(table.table)}`;
  await session.rows(`use ${quoteName(database)}`);
  await session.rows(create);
  await session.rows("start transaction");
  for await (const statement of readLines(join(folder, file))) await session.rows(statement);
  const [row] = await session.rows(`select count(*) as count from ${name}`);
  const rows = Number(textOf(row ?? {}, "count"));
  if (rows !== table.rows) {
    throw new Failure(`${name} had ${table.rows} rows in the backup and has ${rows}.`);
  }
  await session.rows("commit");
}

async function* readLines(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  const gunzip = createGunzip();
  const source = createReadStream(path);
  source.on("error", (error) => gunzip.destroy(error));
  const parts: AsyncIterable<Uint8Array> = source.pipe(gunzip);
  for await (const part of parts) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") throw new Error(`${path} ends within a line`);
}
