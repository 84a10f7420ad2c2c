import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { withFiles } from "./env-files.ts";

const folder = mkdtempSync(join(tmpdir(), "env-files-"));
const path = join(folder, "password");
writeFileSync(path, "p4ss word\n");
afterAll(() => rmSync(folder, { recursive: true }));

const shape = { PASSWORD: 0, KEY_FILE: 0 };

test("a value comes from the file, without the newline that ends it", () => {
  expect(withFiles(shape, { PASSWORD_FILE: path })).toMatchObject({ PASSWORD: "p4ss word" });
});

test("a variable that is a file's name by itself, and one that nobody asked for, stay as they are", () => {
  const source = { KEY_FILE: path, OTHER_FILE: "/nowhere" };
  expect(withFiles(shape, source)).toEqual(source);
});

test("what is given twice, and files that cannot be read, are named all at once", () => {
  const twice = { PASSWORD: "x", PASSWORD_FILE: path, KEY_FILE: path, EXTRA_FILE: "/nowhere" };
  const both = () => withFiles({ ...shape, EXTRA: 0 }, twice);
  expect(both).toThrow(/PASSWORD and PASSWORD_FILE[^]*EXTRA_FILE/);
  expect(both).not.toThrow("p4ss word");
});
