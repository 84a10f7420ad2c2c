/** What a book does, as tables in `scenarios/`. Each book plays each scenario that it knows the commands of. */

import { expect, test } from "bun:test";
import { join } from "node:path";

import { Glob } from "bun";

import { createBook, createFullNaiveBook } from "./core/index.ts";
import { isPlainScenario, parseScenarios, playScenario } from "./testing/scenario.ts";
import { knowsEverything } from "./testing/supports.ts";

const folder = join(import.meta.dir, "scenarios");
const files = [...new Glob("*.txt").scanSync(folder)].toSorted();
const fastKnowsAll = knowsEverything(createBook);

const scenarios = await Promise.all(
  files.map(async (file) => parseScenarios(await Bun.file(join(folder, file)).text())),
);

for (const scenario of scenarios.flat()) {
  test(scenario.title, () => {
    const played = playScenario(scenario, createFullNaiveBook);
    expect(played.rows).toEqual([...scenario.rows]);
    if (!fastKnowsAll && !isPlainScenario(played)) return;
    expect(playScenario(scenario, createBook).rows).toEqual([...scenario.rows]);
  });
}

test("there are at least 120 scenarios, and no two are alike", () => {
  const titles = scenarios.flat().map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  expect(titles.length).toBeGreaterThanOrEqual(120);
});
