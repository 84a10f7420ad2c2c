/** One step of `ops/test`: a program with a time limit, whose outcome is a count of passed and failed. */

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inheritedEnv } from "../setup/env.ts";
import { checkout } from "../setup/home.ts";
import { findMarked, signal, supervisedMark } from "../setup/process-identity.ts";
import { readJunitCounts } from "./junit.ts";

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs: number;
  /** Whether the program is `bun test`, whose report then counts; any other program counts as one. */
  readonly isTestRun: boolean;
}

export interface StepResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly elapsedMs: number;
  /** What the program printed, for people who have to mend it. */
  readonly output: string;
}

export interface StepContext {
  /** Where reports and outputs are kept. */
  readonly folder: string;
  readonly stopping: AbortSignal;
}

export async function runStep(step: Step, { folder, stopping }: StepContext): Promise<StepResult> {
  const startedMs = performance.now();
  const report = join(folder, `${step.name}.xml`);
  rmSync(report, { force: true });
  const mark = join(folder, step.name);
  const reportOptions = ["--reporter=junit", `--reporter-outfile=${report}`];
  const child = Bun.spawn([...step.command, ...(step.isTestRun ? reportOptions : [])], {
    cwd: checkout,
    env: { ...inheritedEnv(), ...step.env, [supervisedMark]: mark },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    signal: AbortSignal.any([stopping, AbortSignal.timeout(step.limitMs)]),
    killSignal: "SIGKILL",
  });
  const printed = Promise.all([child.stdout.text(), child.stderr.text()]);
  const exitCode = await child.exited;
  // A test that was cut short leaves the processes that it had started. They may have its output open, which ends after them.
  for (const left of findMarked(mark)) signal(left, "SIGKILL");
  const [stdout, stderr] = await printed;
  const elapsedMs = performance.now() - startedMs;
  const hint = elapsedMs >= step.limitMs ? `\nStopped after ${step.limitMs / 1_000} s.` : "";
  const output = `${stdout}${stderr}${hint}`;
  writeFileSync(join(folder, `${step.name}.log`), output);
  return { name: step.name, ...count(step, exitCode, report), elapsedMs, output };
}

function count(
  step: Step,
  exitCode: number,
  report: string,
): Pick<StepResult, "passed" | "failed"> {
  const isOk = exitCode === 0;
  if (!step.isTestRun) return { passed: isOk ? 1 : 0, failed: isOk ? 0 : 1 };
  const counts = existsSync(report) ? readJunitCounts(readFileSync(report, "utf8")) : undefined;
  if (counts === undefined) return { passed: 0, failed: 1 };
  // A run may fail between its tests, in a file that does not load for one.
  return { passed: counts.passed, failed: isOk ? counts.failed : Math.max(1, counts.failed) };
}
