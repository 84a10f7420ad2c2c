/** Scenarios for a moment, by the driver that needs nothing but Bun. Both kinds, and a threshold that is broken. */

import { expect, test } from "bun:test";
import { join } from "node:path";

import { runProgram } from "../setup/run-program.ts";

const main = join(import.meta.dir, "main.ts");
const LIMIT_MS = 120_000;

async function load(...args: readonly string[]): Promise<{ exitCode: number; output: string }> {
  return await runProgram([process.execPath, "--no-env-file", main, ...args, "--seconds", "2"]);
}

// What else the machine does must not matter here.
test.each([
  ["spike", "0.1"],
  ["fanout", "1"],
])(
  "the scenario %s keeps its thresholds where there is time enough",
  async (scenario, share) => {
    expect(await load(scenario, "--share", share, "--slack", "100")).toMatchObject({ exitCode: 0 });
  },
  LIMIT_MS,
);

test(
  "a threshold that is not kept ends a scenario with 1, and is named",
  async () => {
    const { exitCode, output } = await load("steady", "--share", "0.1", "--slack", "0");
    expect(exitCode).toBe(1);
    expect(output).toContain("FAIL p99");
  },
  LIMIT_MS,
);
