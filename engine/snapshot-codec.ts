/**
 * Snapshots as bytes. A million orders as JSON are 200 MB and seconds of parsing, so lists of orders are stored a
 * column a field, numbers as they are in memory, and compressed. Pure. Any field that is a number, a text or a
 * truth is kept, so that the book may learn to remember more without a new version.
 */

import { assert } from "@exchange/streams/contract";

import type { BookSnapshot } from "./core/index.ts";
import type { ReplicaSnapshot } from "./replica.ts";
import type { TrialBalance } from "./trial-balance.ts";

/** A snapshot and where the event log vouches for it. */
export interface StoredSnapshot {
  readonly v: 2;
  /** Sequence of the first frame that reaches the snapshot's position. */
  readonly anchorSequence: number;
  /** Of a checkpoint: what was found equal to the ledger. Absent in those that older versions made. */
  readonly trialBalance?: TrialBalance;
  readonly replica: ReplicaSnapshot;
}

type Scalar = number | string | boolean;

interface ColumnHead {
  readonly field: string;
  /** The values that codes stand for; absent for a column of numbers. */
  readonly values?: readonly Scalar[];
}

interface TableHead {
  readonly rows: number;
  readonly columns: readonly ColumnHead[];
}

/** All but the lists of orders. */
interface Head extends Omit<StoredSnapshot, "replica"> {
  readonly replica: Omit<ReplicaSnapshot, "book"> & {
    readonly book: Omit<BookSnapshot, "orders" | "waiting">;
  };
  readonly orders: TableHead;
  readonly waiting?: TableHead;
}

/** A field that this row does not have. */
const ABSENT_NUMBER = NaN;
const ABSENT_CODE = 255;
const COMPRESSION_LEVEL = 1;
const HEAD_LENGTH_BYTES = 8;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeSnapshot({ replica, ...place }: StoredSnapshot): Uint8Array {
  const { orders, waiting, ...book } = replica.book;
  const orderTable = encodeTable(orders);
  const waitingTable = waiting === undefined ? undefined : encodeTable(waiting);
  const head: Head = {
    ...place,
    replica: { ...replica, book },
    orders: orderTable.head,
    ...(waitingTable === undefined ? {} : { waiting: waitingTable.head }),
  };
  const headBytes = encoder.encode(JSON.stringify(head));
  const length = new Uint8Array(new Float64Array([headBytes.length]).buffer);
  const columns = [...orderTable.columns, ...(waitingTable?.columns ?? [])];
  const bytes = Buffer.concat([length, headBytes, ...columns]);
  return Bun.zstdCompressSync(bytes, { level: COMPRESSION_LEVEL });
}

/** Throws on anything but a whole snapshot of this version. */
export function decodeSnapshot(compressed: Uint8Array): StoredSnapshot {
  const bytes = new Uint8Array(Bun.zstdDecompressSync(compressed));
  const [headLength] = new Float64Array(bytes.slice(0, HEAD_LENGTH_BYTES).buffer);
  assert(Number.isSafeInteger(headLength) && headLength !== undefined, "a snapshot has a head");
  const columnsStart = HEAD_LENGTH_BYTES + headLength;
  const head: Head = JSON.parse(decoder.decode(bytes.subarray(HEAD_LENGTH_BYTES, columnsStart)));
  const version: number = head.v;
  assert(version === 2, `a snapshot of version 2, not ${version}`);
  const reader = new ColumnReader(bytes, columnsStart);
  const orders = decodeTable(head.orders, reader);
  const waiting = head.waiting === undefined ? {} : { waiting: decodeTable(head.waiting, reader) };
  const { v, anchorSequence, trialBalance, replica } = head;
  return snapshotOf({
    v,
    anchorSequence,
    ...(trialBalance === undefined ? {} : { trialBalance }),
    replica: { ...replica, book: { ...replica.book, orders, ...waiting } },
  });
}

/** The one place where rows of scalars become orders: what was encoded decides, and the book's hash tells. */
function snapshotOf(decoded: object): StoredSnapshot {
  const snapshot: StoredSnapshot = JSON.parse("{}");
  return Object.assign(snapshot, decoded);
}

interface Table {
  readonly head: TableHead;
  readonly columns: readonly Uint8Array[];
}

function encodeTable(rows: readonly object[]): Table {
  const fields = new Set<string>();
  for (const row of rows) for (const field in row) fields.add(field);
  const heads: ColumnHead[] = [];
  const columns: Uint8Array[] = [];
  for (const field of fields) {
    const read = readerOf(field);
    const isNumber = rows.some((row) => typeof read(row) === "number");
    if (isNumber) {
      const column = Float64Array.from(rows, (row) => numberOf(read(row)));
      heads.push({ field });
      columns.push(new Uint8Array(column.buffer));
    } else {
      const values: Scalar[] = [];
      columns.push(Uint8Array.from(rows, (row) => codeOf(read(row), values)));
      heads.push({ field, values });
    }
  }
  return { head: { rows: rows.length, columns: heads }, columns };
}

function readerOf(field: string): (row: object) => unknown {
  return (row) => Reflect.get(row, field);
}

function numberOf(value: unknown): number {
  if (value === undefined) return ABSENT_NUMBER;
  assert(typeof value === "number" && !Number.isNaN(value), "a column of numbers has only those");
  return value;
}

function codeOf(value: unknown, values: Scalar[]): number {
  if (value === undefined) return ABSENT_CODE;
  assert(typeof value === "string" || typeof value === "boolean", "an order's field is a scalar");
  const known = values.indexOf(value);
  if (known !== -1) return known;
  assert(values.length < ABSENT_CODE, "a field that is no number has few values");
  return values.push(value) - 1;
}

class ColumnReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  numbers(rows: number): Float64Array {
    return new Float64Array(this.codes(rows * Float64Array.BYTES_PER_ELEMENT).buffer);
  }

  /** A copy, since numbers have to stand at a multiple of eight. */
  codes(rows: number): Uint8Array {
    const start = this.#at;
    this.#at += rows;
    assert(this.#at <= this.#bytes.length, "a snapshot has all of its columns");
    return this.#bytes.slice(start, this.#at);
  }
}

function decodeTable({ rows, columns }: TableHead, reader: ColumnReader): unknown[] {
  const readers = columns.map(({ field, values }) => {
    if (values === undefined) {
      const numbers = reader.numbers(rows);
      return (row: Record<string, Scalar>, place: number): void => {
        const value = numbers[place] ?? ABSENT_NUMBER;
        if (!Number.isNaN(value)) row[field] = value;
      };
    }
    const codes = reader.codes(rows);
    return (row: Record<string, Scalar>, place: number): void => {
      const value = values[codes[place] ?? ABSENT_CODE];
      if (value !== undefined) row[field] = value;
    };
  });
  const decoded: unknown[] = [];
  for (let place = 0; place < rows; place += 1) {
    const row: Record<string, Scalar> = {};
    for (const read of readers) read(row, place);
    decoded.push(row);
  }
  return decoded;
}
