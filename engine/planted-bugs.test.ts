/** Mistakes, each planted in turn, are each caught by the suite: so is, one hopes, the next one. */

import { expect, test } from "bun:test";

import { plantedBugs } from "./testing/planted/bugs.ts";
import { catchBug } from "./testing/planted/catch-bugs.ts";

const LIMIT_MS = 60_000;

test.each(plantedBugs.map((bug) => [bug.name, bug] as const))(
  "it is noticed when %s",
  async (_, bug) => {
    expect(await catchBug(bug)).toBeDefined();
  },
  LIMIT_MS,
);
