/** Logs that every engine, of today and to come, has to replay to the same hashes. */

import { expect, test } from "bun:test";

import { Glob } from "bun";

import { createBook, createFullNaiveBook } from "./core/index.ts";
import { isPlain } from "./core/plain-only.ts";
import type { GoldenLine } from "./testing/golden-log.ts";
import { firstChange, goldenFolder, readGoldenLog } from "./testing/golden-log.ts";
import { knowsEverything } from "./testing/supports.ts";

const files = [...new Glob("*.jsonl.gz").scanSync(goldenFolder)].toSorted();

test.each(files)("%s leads to the hashes it always led to", async (file) => {
  const lines = await readGoldenLog(file);
  expect(firstChange(lines, createFullNaiveBook)).toBeUndefined();
  if (!knowsEverything(createBook) && !isPlainLog(lines)) return;
  expect(firstChange(lines, createBook)).toBeUndefined();
});

test("there are golden logs", () => {
  expect(files.length).toBeGreaterThan(0);
});

function isPlainLog(lines: readonly GoldenLine[]): boolean {
  return lines.every(({ record }) => record.commands.every((command) => isPlain(command)));
}
