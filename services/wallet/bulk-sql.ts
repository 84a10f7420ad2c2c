/**
 * Statements over hundreds of rows as plain text, several of them in one round trip: at this rate building them
 * through the query builder, and waiting for each, costs more than running them. Nothing in them needs escaping: a
 * value is a number or text of a harmless alphabet.
 */

import { mysqlErrorNumber } from "@exchange/store";
import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { Db } from "./tables.ts";

export type SqlValue = number | bigint | string | null;

/** Rows of one statement: few enough for the range optimizer. */
const ROWS_MAX = 1000;

/** Ids, decimals, states and references. No quote, no backslash, so that nothing can end a literal. */
const HARMLESS_TEXT = /^[A-Za-z0-9_.:@-]*$/;

/**
 * Throws on text outside the harmless alphabet and on anything else that is no whole number. Ids come from the
 * event log, where a type is a promise of another process: here it is the last thing before the database.
 */
export function sqlLiteral(value: SqlValue): string {
  if (typeof value === "number") {
    assert(Number.isSafeInteger(value), () => `number ${value} in a bulk statement`);
    return String(value);
  }
  if (value === null || typeof value === "bigint") return String(value);
  assert(
    typeof value === "string" && HARMLESS_TEXT.test(value),
    () => `text ${JSON.stringify(value)} in a bulk statement`,
  );
  return `'${value}'`;
}

/** `(1,'BTC')`. */
export function sqlRow(values: readonly SqlValue[]): string {
  let text = "";
  for (const value of values)
    text += text === "" ? `(${sqlLiteral(value)}` : `,${sqlLiteral(value)}`;
  return `${text})`;
}

/** One statement for each chunk of rows, in their order. None without rows. */
export function statementsOf(
  rows: readonly string[],
  statement: (list: string) => string,
): readonly string[] {
  return chunksOf(rows).map((chunk) => statement(chunk.join(",")));
}

/** A statement that changes rows. */
export interface Write {
  readonly text: string;
  /** Rows that must match; undefined where that does not say anything. */
  readonly matches?: number;
}

/** As `statementsOf`, and each row given must match one of the table. */
export function writesOf(
  rows: readonly string[],
  statement: (list: string) => string,
): readonly Write[] {
  return chunksOf(rows).map((chunk) => ({
    text: statement(chunk.join(",")),
    matches: chunk.length,
  }));
}

const COUNT_MATCHED = "set @unmatched = @unmatched - row_count()";
/** There is no larger number to come to, and the error keeps whatever follows from being run, such as a commit. */
const ER_DATA_OUT_OF_RANGE = 1690;
const STOP_UNMATCHED = "set @unmatched = 9223372036854775807 + abs(@unmatched)";

/**
 * The statements of the writes, and an error when they did not match what they must, together: none can match more
 * than it names. For whoever sends the commit along with them. `isUnmatched` knows the error.
 */
export function matching(writes: readonly Write[]): readonly string[] {
  const expected = writes.reduce((sum, { matches = 0 }) => sum + matches, 0);
  if (expected === 0) return writes.map(({ text }) => text);
  const counted = writes.flatMap(({ text, matches }) =>
    matches === undefined ? [text] : [text, COUNT_MATCHED],
  );
  return [`set @unmatched = ${expected}`, ...counted, STOP_UNMATCHED];
}

export function isUnmatched(error: unknown): boolean {
  return mysqlErrorNumber(error) === ER_DATA_OUT_OF_RANGE;
}

/** Reads in order and in one round trip. Whoever mixes kinds of rows tells them apart by a column. */
export async function readAll<Row>(db: Db, statements: readonly string[]): Promise<Row[]> {
  const results = await runAll<unknown>(db, statements);
  // A statement that is no read has no list of rows.
  return results.filter((rows): rows is Row[] => Array.isArray(rows)).flat();
}

/** Writes in order and in one round trip. Throws when a statement matched other rows than it must. */
export async function writeAll(db: Db, writes: readonly Write[]): Promise<void> {
  const results = await runAll<{ readonly affectedRows: number }>(
    db,
    writes.map(({ text }) => text),
  );
  for (const [index, { text, matches }] of writes.entries()) {
    const matched = results[index]?.affectedRows;
    assert(
      matches === undefined || matched === matches,
      () => `${matched} rows instead of ${matches} match ${text.slice(0, 200)}`,
    );
  }
}

/** What the driver returns for each statement. */
async function runAll<Result>(db: Db, statements: readonly string[]): Promise<Result[]> {
  if (statements.length === 0) return [];
  // The driver returns a list of results only for several statements, so there are always two.
  const { rows } = await sql.raw<Result>([...statements, "do 0"].join(";")).execute(db);
  return rows.slice(0, statements.length);
}

function chunksOf<Row>(rows: readonly Row[]): (readonly Row[])[] {
  const chunks: (readonly Row[])[] = [];
  for (let start = 0; start < rows.length; start += ROWS_MAX) {
    chunks.push(rows.slice(start, start + ROWS_MAX));
  }
  return chunks;
}
