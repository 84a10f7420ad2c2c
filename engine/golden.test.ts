/** Logs that every engine, of today and to come, has to replay to the same hashes. */

import { expect, test } from "bun:test";

import { Glob } from "bun";

import { createBook, createNaiveBook } from "./core/index.ts";
import { firstChange, goldenFolder, readGoldenLog } from "./testing/golden-log.ts";

const files = [...new Glob("*.jsonl.gz").scanSync(goldenFolder)].toSorted();

test.each(files)("%s leads to the hashes it always led to", async (file) => {
  const lines = await readGoldenLog(file);
  expect(firstChange(lines, createNaiveBook)).toBeUndefined();
  expect(firstChange(lines, createBook)).toBeUndefined();
});

test("there are golden logs", () => {
  expect(files.length).toBeGreaterThan(0);
});
