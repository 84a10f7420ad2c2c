/** Snapshots with a wrong book that nothing in them tells. */

import { assertQtyLots } from "@exchange/streams/contract";

import type { BookSnapshot } from "../core/index.ts";
import { createBook } from "../core/index.ts";
import type { StoredSnapshot } from "../snapshot.ts";

/** Changes the order at this place of its book's list. */
export function withOneLotMore({ replica: { book } }: StoredSnapshot, place: number): BookSnapshot {
  const orders = book.orders.map((order, at) =>
    at === place ? { ...order, openLots: assertQtyLots(order.openLots + 1) } : order,
  );
  return { ...book, orders };
}

/** The same with the hash of the wrong book. */
export function forgeSnapshot(snapshot: StoredSnapshot, place: number): StoredSnapshot {
  const book = withOneLotMore(snapshot, place);
  const stateHash = createBook(book).stateHash();
  return { ...snapshot, replica: { ...snapshot.replica, book, stateHash } };
}
