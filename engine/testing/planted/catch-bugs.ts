/** Runs the suite with a bug planted and tells which tests fail. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { PlantedBug } from "./bugs.ts";

/** Cheapest first: the next one runs only when a bug got past the one before. */
const suites = [
  "scenarios.test.ts",
  "differential.property.test.ts",
  "replay-laws.property.test.ts",
  "golden.test.ts",
];

/** A bug may keep a book from ever ending a command; that is noticed too. */
const LIMIT_MS = 30_000;

export interface Caught {
  readonly suite: string;
  /** Names of the tests that fail. */
  readonly tests: readonly [string, ...string[]];
}

/** Undefined when every test passes with the bug in. */
export async function catchBug(bug: PlantedBug): Promise<Caught | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "planted-"));
  try {
    const preload = join(folder, "preload.ts");
    const planting = JSON.stringify(join(import.meta.dir, "plant.ts"));
    await Bun.write(
      preload,
      `import { plant } from ${planting};\nplant(${JSON.stringify(bug.edits)});\n`,
    );
    for (const suite of suites) {
      const [first, ...others] = await failuresOf(suite, preload);
      if (first !== undefined) return { suite, tests: [first, ...others] };
    }
    return undefined;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function failuresOf(suite: string, preload: string): Promise<string[]> {
  const engineFolder = join(import.meta.dir, "../..");
  const child = Bun.spawn([process.execPath, "test", "--preload", preload, `./${suite}`], {
    cwd: engineFolder,
    stdout: "pipe",
    stderr: "pipe",
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const [output, exitCode] = await Promise.all([child.stderr.text(), child.exited]);
  const failed = [...output.matchAll(/^\(fail\) (.*?)(?: \[[^\]]*\])?$/gm)];
  const names = failed.map(([, name = ""]) => name);
  if (child.signalCode === "SIGKILL") names.push("it does not end");
  // A suite that cannot even load says nothing about the bug.
  if (exitCode !== 0 && names.length === 0) {
    throw new Error(`${suite} did not run:\n${output}`);
  }
  return [...new Set(names)].toSorted();
}
