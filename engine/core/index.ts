/** The matching engine as a library: what runs in production, usable anywhere. */

import type { Book, BookSnapshot } from "./book.ts";
import { FastBook } from "./fast-book.ts";
import { NaiveBook } from "./naive-book.ts";

export type {
  Book,
  BookSnapshot,
  CommandInput,
  DepthLevel,
  Emit,
  MarketRules,
  RestingOrder,
} from "./book.ts";
export type { NumberSink } from "./event-numbers.ts";
export { GENESIS_RULES } from "./book.ts";

/** Makes an empty book, or the one a snapshot describes. */
export type BookFactory = (snapshot?: BookSnapshot) => Book;

/** The book that runs in production. */
export const createBook: BookFactory = (snapshot) => new FastBook(snapshot);

/** The book that is obviously right, and slow: what audits and tests compare with. */
export const createNaiveBook: BookFactory = (snapshot) => new NaiveBook(snapshot);
