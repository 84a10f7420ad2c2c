/** The exchange's databases as they were at one moment. */

import { Readable } from "node:stream";
import { createGzip } from "node:zlib";

import type { Connection, TypeCastField } from "mysql2";

import { openConnection, streamRows, textOf } from "../audit/read/mysql-snapshot.ts";
import { writeWhole } from "../epochs/write-copy.ts";
import { Failure } from "../setup/failure.ts";
import type { BackedUpTable, BackupManifest } from "./manifest.ts";
import type { Column } from "./table-text.ts";
import { insertStatements, kindOf, quoteName } from "./table-text.ts";
import { readTriggers } from "./triggers.ts";

type Rows = Readonly<Record<string, unknown>>[];

const OURS = "like 'exchange\\_%'";

export interface Session {
  rows(statement: string): Promise<Rows>;
  readonly connection: Connection;
  end(): Promise<void>;
}

export function openSession(url: string): Session {
  const connection = openConnection(url);
  return {
    connection,
    async rows(statement) {
      const [result] = await connection.promise().query(statement);
      return Array.isArray(result) ? result.flatMap((row) => (isRow(row) ? [row] : [])) : [];
    },
    end: async () => await connection.promise().end(),
  };
}

interface HeldCursors {
  /** Throws a `Failure` when a reader may have gone on since. */
  release(): Promise<void>;
}

/** Every table that says how far a reader of the logs has come, so that it stays where it is until `release`. */
export async function holdCursors(url: string): Promise<HeldCursors> {
  const session = openSession(url);
  try {
    await lockCursors(session);
  } catch (error) {
    // Some of them may be locked already.
    await session.end();
    throw error;
  }
  return {
    async release() {
      try {
        await session.rows("commit");
      } catch (cause) {
        throw new Failure("MySQL let readers go on meanwhile: take the backup again.", { cause });
      } finally {
        await session.end();
      }
    },
  };
}

async function lockCursors(session: Session): Promise<void> {
  const tables = await session.rows(
    `select table_schema as "database", table_name as "table" from information_schema.tables
     where table_schema ${OURS} and table_name like '%cursors' order by table_schema, table_name`,
  );
  await session.rows("start transaction");
  for (const row of tables) {
    const name = `${quoteName(textOf(row, "database"))}.${quoteName(textOf(row, "table"))}`;
    await session.rows(`select 1 from ${name} for update`);
  }
}

/** All databases at this moment, however long the reading takes. */
export async function openMoment(url: string): Promise<Session> {
  const session = openSession(url);
  await session.rows("set session time_zone = '+00:00'");
  // With any other level a consistent snapshot is none.
  await session.rows("set session transaction isolation level repeatable read");
  await session.rows("start transaction with consistent snapshot, read only");
  return session;
}

export async function dumpDatabases(
  session: Session,
  folder: string,
): Promise<Pick<BackupManifest, "databases" | "tables">> {
  const databases: BackupManifest["databases"] = [];
  const tables: BackedUpTable[] = [];
  for (const name of await listDatabases(session)) {
    const [shown] = await session.rows(`show create database ${quoteName(name)}`);
    const create = textOf(shown ?? {}, "Create Database");
    databases.push({ name, create, triggers: await readTriggers(session, name) });
    const listed = await session.rows(
      `select table_name as name from information_schema.tables
       where table_schema = '${name}' and table_type = 'BASE TABLE' order by 1`,
    );
    for (const one of listed) {
      tables.push(await dumpTable(session, folder, { database: name, table: textOf(one, "name") }));
    }
  }
  return { databases, tables };
}

async function dumpTable(
  session: Session,
  folder: string,
  { database, table }: { readonly database: string; readonly table: string },
): Promise<BackedUpTable> {
  const name = `${quoteName(database)}.${quoteName(table)}`;
  const [shown] = await session.rows(`show create table ${name}`);
  const columns = await readColumns(session, database, table);
  const list = columns.map((column) => quoteName(column.name)).join(",");
  let rows = 0;
  const statements = insertStatements(
    { database, table, columns },
    readRaw(session.connection, `select ${list} from ${name}`),
    () => void (rows += 1),
  );
  const gzip = createGzip({ level: 1 });
  const source = Readable.from(statements);
  source.on("error", (error) => gzip.destroy(error));
  const file = await writeWhole(folder, `${database}.${table}.sql.gz`, source.pipe(gzip));
  return { ...file, database, table, create: textOf(shown ?? {}, "Create Table"), rows };
}

/** Those that are computed from others are not written. */
async function readColumns(session: Session, database: string, table: string): Promise<Column[]> {
  const rows = await session.rows(
    `select column_name as name, data_type as type from information_schema.columns
     where table_schema = '${database}' and table_name = '${table}' and extra not like '%GENERATED%'
     order by ordinal_position`,
  );
  return rows.map((row) => ({ name: textOf(row, "name"), kind: kindOf(textOf(row, "type")) }));
}

async function* readRaw(
  connection: Connection,
  statement: string,
): AsyncGenerator<(Buffer | null)[]> {
  const query = {
    sql: statement,
    rowsAsArray: true,
    typeCast: (field: TypeCastField) => field.buffer(),
  };
  for await (const row of streamRows(connection, query)) {
    if (Array.isArray(row)) yield row.map((value) => (Buffer.isBuffer(value) ? value : null));
  }
}

function isRow(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Names of the exchange's databases that the server has. */
export async function listDatabases(session: Session): Promise<string[]> {
  const rows = await session.rows(
    `select schema_name as name from information_schema.schemata where schema_name ${OURS} order by 1`,
  );
  return rows.map((row) => textOf(row, "name"));
}
