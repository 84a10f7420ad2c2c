/** Seeds that once told two books apart. They are played first, for ever. */

import { join } from "node:path";

import type { Seed } from "./differential.ts";

const path = join(import.meta.dir, "kept-seeds.json");

export async function readKeptSeeds(): Promise<readonly Seed[]> {
  const seeds: readonly Seed[] = await Bun.file(path).json();
  return seeds;
}

/** A seed that failed becomes part of the suite the moment it does. */
export async function keepSeed(seed: Seed): Promise<void> {
  const seeds = await readKeptSeeds();
  if (seeds.some((one) => JSON.stringify(one) === JSON.stringify(seed))) return;
  await Bun.write(path, `${JSON.stringify([...seeds, seed], null, 2)}\n`);
}
