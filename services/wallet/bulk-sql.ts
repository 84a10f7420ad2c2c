/**
 * Statements over hundreds of rows as plain text. Building them through the query builder costs more than
 * running them, and nothing in them needs escaping: a value is a number or text of a harmless alphabet.
 */

import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { Db } from "./tables.ts";

export type SqlValue = number | bigint | string | null;

/** Rows of one statement: far below any packet limit, and few enough for the range optimizer. */
const ROWS_MAX = 1000;

/** Ids, decimals, states and references. No quote, no backslash, so that nothing can end a literal. */
const HARMLESS_TEXT = /^[A-Za-z0-9_.:@-]*$/;

/** Throws on text outside the harmless alphabet: bulk statements are not for free text. */
export function sqlLiteral(value: SqlValue): string {
  if (typeof value !== "string") return String(value);
  assert(HARMLESS_TEXT.test(value), `text ${JSON.stringify(value)} in a bulk statement`);
  return `'${value}'`;
}

/** `(1,'BTC')`. */
export function sqlRow(values: readonly SqlValue[]): string {
  return `(${values.map(sqlLiteral).join(",")})`;
}

/** Runs one statement for each chunk of rows, in their order, and returns all result rows. */
export async function selectRows<Row>(
  db: Db,
  rows: readonly string[],
  statement: (list: string) => string,
): Promise<Row[]> {
  const found: Row[] = [];
  for (let start = 0; start < rows.length; start += ROWS_MAX) {
    const list = rows.slice(start, start + ROWS_MAX).join(",");
    const result = await sql.raw<Row>(statement(list)).execute(db);
    found.push(...result.rows);
  }
  return found;
}

/** Runs one statement for each chunk of rows and returns how many rows of the table matched. */
export async function writeRows(
  db: Db,
  rows: readonly string[],
  statement: (list: string) => string,
): Promise<number> {
  let affected = 0n;
  for (let start = 0; start < rows.length; start += ROWS_MAX) {
    const list = rows.slice(start, start + ROWS_MAX).join(",");
    const result = await sql.raw(statement(list)).execute(db);
    affected += result.numAffectedRows ?? 0n;
  }
  return Number(affected);
}
