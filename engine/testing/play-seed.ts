/** `bun engine/testing/play-seed.ts SEED COMMANDS`: plays a random log and prints its running hash and last state. */

import { ChainLink, encodeJson, formatHash, genesisHash } from "@exchange/streams";

import type { BookFactory } from "../core/index.ts";
import { createBook, createNaiveBook } from "../core/index.ts";
import type { Seed } from "./differential.ts";
import { eventsOf } from "./differential.ts";
import { RandomCommands } from "./random-commands.ts";

const LINK_BYTES = 1024;

/** Running hash and state hash at the end, as one text. */
function playSeed({ seed, commands, plain }: Seed, create: BookFactory): string {
  const book = create();
  const source = new RandomCommands({ seed, plain });
  const link = new ChainLink(LINK_BYTES);
  let hash = genesisHash("BTC-USD", 1);
  for (let count = 0; count < commands; count += 1) {
    const input = source.next(book.rules);
    link.start(hash, input.timeMs, encodeJson(input.command));
    for (const event of eventsOf(book, input)) source.observe(event);
    book.writeNumbers(link);
    hash = link.hashAt(link.events - 1);
  }
  return `${formatHash(hash)} ${book.stateHash()}`;
}

/** The book that runs, and the naive one. */
export function playBothBooks(seed: number, commands: number): string {
  const played: Seed = { seed, commands, plain: false };
  return `${playSeed(played, createBook)} ${playSeed(played, createNaiveBook)}`;
}

if (import.meta.main) {
  const [seed = 1, commands = 500] = process.argv.slice(2).map(Number);
  process.stdout.write(playBothBooks(seed, commands));
}
