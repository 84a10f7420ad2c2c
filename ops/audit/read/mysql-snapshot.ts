/** Reading a database as it was at one moment, however long the reading takes. */

import type { Connection, QueryOptions } from "mysql2";
import { createConnection } from "mysql2";

export type Row = Readonly<Record<string, unknown>>;

export interface MysqlSnapshot {
  rows(statement: string): Promise<Row[]>;
  /** For tables that may be too long for the memory. */
  stream(statement: string): AsyncIterable<Row>;
  end(): Promise<void>;
}

/** `url` with the database. Nothing is locked: writers go on. */
export async function openMysqlSnapshot(url: string): Promise<MysqlSnapshot> {
  const connection = openConnection(url);
  const rows = async (statement: string): Promise<Row[]> => {
    const [result] = await connection.promise().query(statement);
    return Array.isArray(result) ? result.flatMap((row) => (isRow(row) ? [row] : [])) : [];
  };
  await rows("set session transaction isolation level repeatable read");
  await rows("start transaction with consistent snapshot, read only");
  return {
    rows,
    stream: (statement) => streamKnownRows(connection, statement),
    end: async () => {
      await connection.promise().end();
    },
  };
}

/** Numbers that a double cannot hold come as text. */
export function openConnection(url: string): Connection {
  const connection = createConnection({
    uri: url,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  // Whoever uses it next is told as well. An error that nobody listens for is only printed, and the program goes on.
  connection.on("error", () => undefined);
  return connection;
}

/** The driver tells a connection that it is lost, and not who reads from it: he would wait for ever. */
export async function* streamRows(
  connection: Connection,
  sql: string | QueryOptions,
): AsyncGenerator {
  const options = typeof sql === "string" ? { sql } : sql;
  const rows = connection.query(options).stream({ highWaterMark: 1000 });
  const onLost = (error: Error): void => void rows.destroy(error);
  connection.once("error", onLost);
  try {
    yield* rows;
  } finally {
    connection.off("error", onLost);
  }
}

async function* streamKnownRows(connection: Connection, statement: string): AsyncGenerator<Row> {
  for await (const row of streamRows(connection, statement)) {
    if (isRow(row)) yield row;
  }
}

export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A column as text. Throws when it is absent: the schema is not the one the audit knows. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  throw new Error(`column ${column} is ${String(value)}`);
}

export function optionalTextOf(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}

/** Throws past 2^53. */
export function numberOf(row: Row, column: string): number {
  const value = Number(textOf(row, column));
  if (!Number.isSafeInteger(value)) throw new Error(`column ${column} is ${textOf(row, column)}`);
  return value;
}

export function unitsOf(row: Row, column: string): bigint {
  return BigInt(textOf(row, column));
}
