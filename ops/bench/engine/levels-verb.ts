/** `bench levels`: why the book keeps its prices in a tree. */

import type { Verb } from "../../cli/options.ts";
import { parseOptions } from "../../cli/options.ts";
import type { Random } from "../random.ts";
import { createRandom, randomBetween } from "../random.ts";
import type { LevelSet } from "./level-sets.ts";
import { SortedLevels, TreeLevels, WindowLevels } from "./level-sets.ts";
import { median } from "./measure-book.ts";

const STEPS = 20_000;
const ROUNDS = 5;
const SEED = 1;

/** Which levels are open at first, and where step after step one is closed and another opened. */
interface Shape {
  readonly levels: number;
  readonly price: (random: Random, step: number) => number;
}

const shapes: Readonly<Record<string, Shape>> = {
  "near the touch": { levels: 200, price: (random) => 33_500 - Math.floor(300 * random() ** 3) },
  deep: { levels: 20_000, price: (random) => randomBetween(random, 20_000, 50_000) },
  sparse: { levels: 20_000, price: (random) => randomBetween(random, 1, 2 ** 31 - 1) },
  "far-moving": {
    levels: 200,
    price: (random, step) => 1000 + step * 97 + randomBetween(random, 0, 999),
  },
};

const sets: Readonly<Record<string, () => LevelSet>> = {
  tree: () => new TreeLevels(),
  "sorted array": () => new SortedLevels(),
  "window with bitmap": () => new WindowLevels(),
};

export const levels: Verb = {
  summary: "ways to keep price levels in order: tree, sorted array, window",
  help: `Usage: bun run bench levels [--json]

Opens and closes price levels of four kinds of books in three structures, and prints the time of closing one
level, opening another and asking for the best, in ns: the median of ${ROUNDS} rounds, and the slowest step of all.

  --json   the figures as JSON`,
  run: (args) => {
    const options = parseOptions(args, {}, []);
    const figures = Object.entries(shapes).flatMap(([book, shape]) =>
      Object.entries(sets).map(([structure, create]) => ({
        book,
        structure,
        ...measure(shape, create),
      })),
    );
    const lines = figures.map(({ book, structure, medianNs, slowestNs }) =>
      [
        book.padEnd(15),
        structure.padEnd(19),
        medianNs.toFixed(0).padStart(7),
        slowestNs.toFixed(0).padStart(9),
      ].join(" "),
    );
    console.log(options.flag("json") ? JSON.stringify(figures) : lines.join("\n"));
    return Promise.resolve(0);
  },
};

function measure(shape: Shape, create: () => LevelSet): { medianNs: number; slowestNs: number } {
  const rounds: number[] = [];
  let slowestNs = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const { stepNs, worstNs } = play(shape, create());
    // The first round is the compiler's.
    if (round === 0) continue;
    rounds.push(stepNs);
    slowestNs = Math.max(slowestNs, worstNs);
  }
  return { medianNs: median(rounds), slowestNs };
}

function play({ levels: count, price }: Shape, set: LevelSet): { stepNs: number; worstNs: number } {
  const random = createRandom(SEED);
  const open = new Set<number>();
  const queue: number[] = [];
  const openNew = (step: number): void => {
    let drawn = price(random, step);
    while (open.has(drawn)) drawn = price(random, step);
    open.add(drawn);
    queue.push(drawn);
    set.open(drawn);
  };
  for (let filled = 0; filled < count / 2; filled += 1) openNew(0);
  let totalNs = 0;
  let worstNs = 0;
  for (let step = 0; step < STEPS; step += 1) {
    const oldest = queue[step] ?? 0;
    open.delete(oldest);
    const startedNs = Bun.nanoseconds();
    set.close(oldest);
    openNew(step);
    set.best();
    const tookNs = Bun.nanoseconds() - startedNs;
    totalNs += tookNs;
    worstNs = Math.max(worstNs, tookNs);
  }
  return { stepNs: totalNs / STEPS, worstNs };
}
