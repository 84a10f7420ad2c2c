/** What a client that follows the rules of the README makes of the book's messages. */

import { expect } from "bun:test";

import type { FeedMessage } from "./feed-client.ts";

export type BookSide = "bids" | "asks";

/** Throws at a gap. */
export function clientBook(
  messages: readonly FeedMessage[],
): Record<BookSide, Map<string, string>> {
  const book = { bids: new Map<string, string>(), asks: new Map<string, string>() };
  let at = -1;
  for (const message of messages) {
    if (message.channel !== "book") continue;
    if (message.type === "snapshot" || message.type === "resnapshot") {
      book.bids.clear();
      book.asks.clear();
    } else if (message.type === "update") {
      if (place(message) <= at) continue;
      expect(seqPlace(message["prevSeq"])).toBeLessThanOrEqual(at);
    } else {
      continue;
    }
    at = place(message);
    for (const side of ["bids", "asks"] as const) change(book[side], message[side]);
  }
  return book;
}

function change(side: Map<string, string>, levels: unknown): void {
  const changed = Array.isArray(levels) ? levels : [];
  for (const level of changed) {
    const [price, quantity] = [String(level[0]), String(level[1])];
    if (Number(quantity) === 0) side.delete(price);
    else side.set(price, quantity);
  }
}

/** A position as one number, for comparing. */
export function place(position: unknown): number {
  const { at, index } = JSON.parse(JSON.stringify(position));
  return Number(String(at).split(":")[1]) * 10_000 + Number(index);
}

export function seqPlace(seq: unknown): number {
  const [command = 0, index = 0] = String(seq).split("-").map(Number);
  return command * 10_000 + index;
}
