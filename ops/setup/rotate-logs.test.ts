import { afterAll, expect, test } from "bun:test";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { shortenLogs } from "./rotate-logs.ts";

const folder = mkdtempSync(join(tmpdir(), "exchange-logs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytesMax = 16 * 1024;
const input = { folder, bytesMax, report: () => undefined };

test("a log that a process keeps writing is emptied, and what came before is kept beside it", async () => {
  const path = join(folder, "talker.log");
  const log = openSync(path, "a", 0o600);
  const text =
    "for (let n = 0; ; n += 1) { console.log(JSON.stringify({ n, text: 'x'.repeat(400) })); await Bun.sleep(1); }";
  const child = Bun.spawn([process.execPath, "-e", text], { stdout: log, stderr: log });
  closeSync(log);
  for (let cuts = 0; cuts < 3;) {
    await Bun.sleep(20);
    const before = statSync(path).size;
    await shortenLogs(input);
    if (before > bytesMax) cuts += 1;
  }
  child.kill();
  await child.exited;
  expect(existsSync(`${path}.new`)).toBe(false);
  expect(statSync(`${path}.1`).size).toBeGreaterThan(bytesMax);
  expect(statSync(`${path}.1`).mode & 0o777).toBe(0o600);
  const numbers = `${readFileSync(`${path}.1`, "utf8")}${readFileSync(path, "utf8")}`
    .trimEnd()
    .split("\n")
    .map((line): number => JSON.parse(line).n);
  // Whole lines in order; a moment's worth may fall into the cut itself.
  const first = numbers[0] ?? 0;
  expect(first).toBeGreaterThan(0);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect((numbers.at(-1) ?? 0) - first + 1 - numbers.length).toBeLessThan(50);
});

test("short logs and other files are left alone", async () => {
  const short = join(folder, "short.log");
  writeFileSync(short, "a line\n");
  writeFileSync(join(folder, "long.txt"), "x".repeat(2 * bytesMax));
  await shortenLogs(input);
  expect(readFileSync(short, "utf8")).toBe("a line\n");
  expect(existsSync(`${short}.1`)).toBe(false);
  expect(existsSync(join(folder, "long.txt.1"))).toBe(false);
});
