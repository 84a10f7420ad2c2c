/** Reading a database as it was at one moment, however long the reading takes. */

import type { Connection } from "mysql2";
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
  const connection = createConnection({
    uri: url,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  const rows = async (statement: string): Promise<Row[]> => {
    const [result] = await connection.promise().query(statement);
    return Array.isArray(result) ? result.flatMap((row) => (isRow(row) ? [row] : [])) : [];
  };
  await rows("set session transaction isolation level repeatable read");
  await rows("start transaction with consistent snapshot, read only");
  return {
    rows,
    stream: (statement) => streamRows(connection, statement),
    end: async () => {
      await connection.promise().end();
    },
  };
}

async function* streamRows(connection: Connection, statement: string): AsyncGenerator<Row> {
  const rows: AsyncIterable<unknown> = connection.query(statement).stream({ highWaterMark: 1000 });
  for await (const row of rows) {
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
