import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runStep } from "./step.ts";
import type { Step } from "./step.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "step-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

function shell(name: string, script: string, limitMs = 60_000): Step {
  return { name, command: ["sh", "-c", script], limitMs, isTestRun: false };
}

test("a program's outcome counts once it and all that it started have ended", async () => {
  const context = { folder, stopping: new AbortController().signal };
  // What it leaves behind has its output open, and would be waited for a minute long.
  const [passed, failed, late] = await Promise.all([
    runStep(shell("left", "sleep 60 & echo done"), context),
    runStep(shell("broken", "sleep 60 & exit 3"), context),
    runStep(shell("late", "sleep 60 & echo begun; sleep 60", 500), context),
  ]);
  expect(passed).toMatchObject({ passed: 1, failed: 0, output: "done\n" });
  expect(failed).toMatchObject({ passed: 0, failed: 1 });
  expect(late).toMatchObject({ passed: 0, failed: 1, output: "begun\n\nStopped after 0.5 s." });
});
