/** The matching engine as a library: what runs in production, usable anywhere. */

import { assembleBook } from "./assemble-book.ts";
import type { Book, BookSnapshot } from "./book.ts";
import { FastMatcher } from "./fast-matcher.ts";
import { NaiveBook } from "./naive-book.ts";
import { NaiveMatcher } from "./naive-matcher.ts";

export type {
  Book,
  BookSnapshot,
  CommandInput,
  DepthLevel,
  Emit,
  MarketRules,
  RestingOrder,
} from "./book.ts";
export { GENESIS_RULES } from "./book.ts";

/** Makes an empty book, or the one a snapshot describes. */
export type BookFactory = (snapshot?: BookSnapshot) => Book;

/** The book that runs in production. */
export const createBook: BookFactory = (snapshot) => assembleBook(new FastMatcher(), snapshot);

/** The book that is obviously right, and slow: what audits and tests compare with. */
export const createNaiveBook: BookFactory = (snapshot) =>
  assembleBook(new NaiveMatcher(), snapshot);

/** The naive book with everything in SEMANTICS.md, what the fast one does not know yet included. */
export const createFullNaiveBook: BookFactory = (snapshot) => new NaiveBook(snapshot);
