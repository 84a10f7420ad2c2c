/** What a book does, as tables in `scenarios/`. Both books play each of them. */

import { expect, test } from "bun:test";
import { join } from "node:path";

import { Glob } from "bun";

import { createBook, createNaiveBook } from "./core/index.ts";
import { parseScenarios, playScenario } from "./testing/scenario.ts";

const folder = join(import.meta.dir, "scenarios");
const files = [...new Glob("*.txt").scanSync(folder)].toSorted();

const scenarios = await Promise.all(
  files.map(async (file) => parseScenarios(await Bun.file(join(folder, file)).text())),
);

for (const scenario of scenarios.flat()) {
  test(scenario.title, () => {
    for (const create of [createNaiveBook, createBook]) {
      expect(playScenario(scenario, create)).toEqual([...scenario.rows]);
    }
  });
}

test("there are at least 120 scenarios, and no two are alike", () => {
  const titles = scenarios.flat().map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  expect(titles.length).toBeGreaterThanOrEqual(120);
});
