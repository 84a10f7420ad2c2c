/** A run of seeds through the fast book and the naive one, with the laws over both. */

import { createBook, createNaiveBook } from "../core/index.ts";
import type { Seed, TwoBooks } from "./differential.ts";
import { breakLaw, differ } from "./differential.ts";
import { keepSeed, readKeptSeeds } from "./kept-seeds.ts";

const books: TwoBooks = { fast: createBook, naive: createNaiveBook };

export interface SeedRange {
  readonly seeds: number;
  readonly commands: number;
}

/** The first seed that tells the books apart, kept; undefined when none does. */
export async function firstDifference({ seeds, commands }: SeedRange): Promise<string | undefined> {
  const range = Array.from({ length: seeds }, (_, index) => ({
    seed: index + 1,
    commands,
    plain: false,
  }));
  for (const seed of [...(await readKeptSeeds()), ...range]) {
    const difference = differ(seed, books);
    if (difference === undefined) continue;
    await keepSeed(seed);
    return difference;
  }
  return undefined;
}

/** The first seed whose events or book break a law. What holds for one book holds for the other. */
export function firstBrokenLaw({ seeds, commands }: SeedRange): string | undefined {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const everything: Seed = { seed, commands, plain: false };
    const broken = breakLaw(everything, books.naive);
    if (broken !== undefined) return broken;
  }
  return undefined;
}
