/** `ops/test`: the checks, then the live tests on bare servers, then the whole exchange end to end. */

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { explain, Failure } from "../setup/failure.ts";
import { takeHomeLock } from "../setup/home-lock.ts";
import { prepareHome } from "../setup/home.ts";
import { environmentAt } from "./environment.ts";
import { printResult } from "./report.ts";
import { runStep, type StepContext, type StepResult } from "./step.ts";
import { checks, serversOf, type ServerSuite, serverSuite } from "./steps.ts";

export interface SuiteOptions {
  readonly full: boolean;
  readonly stopping: AbortSignal;
}

/** As many as lanes of a suite want for themselves. */
const first = environmentAt("test");
const environments = [first, environmentAt("test-2")];

/** Returns every step's result; the servers are stopped in any case. */
export async function runSuite({ full, stopping }: SuiteOptions): Promise<StepResult[]> {
  for (const { home } of environments) prepareHome(home);
  const lock = await takeHomeLock(`${first.home.root}/suite`);
  if (lock === undefined) throw new Failure("ops/test is already running in this checkout.");
  const folder = join(first.home.root, "reports");
  for (const { home } of environments) rmSync(home.logs, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  const results: StepResult[] = [];
  const context: StepContext & Collector = {
    folder,
    stopping,
    add: (result) => {
      results.push(result);
      printResult(result);
    },
  };
  try {
    for (const step of checks) {
      if (!stopping.aborted) context.add(await runStep(step, context));
    }
    await runOn(["--only", "servers"], full ? ["live", "full", "full-quiet"] : ["live"], context);
    await runOn([], full ? ["e2e", "full-e2e"] : ["e2e"], context);
  } finally {
    const stopped = await timed("stop what is left", stopAll);
    if (stopped.failed > 0) context.add(stopped);
    lock.release();
  }
  return results;
}

interface Collector {
  readonly add: (result: StepResult) => void;
}

/** Starting and stopping are steps too: they can fail, and they take time. */
async function runOn(
  upOptions: readonly string[],
  suites: readonly ServerSuite[],
  context: StepContext & Collector,
): Promise<void> {
  if (context.stopping.aborted) return;
  const what = upOptions.length === 0 ? "exchange" : "servers";
  const used = environments.slice(0, Math.max(...suites.map(serversOf)));
  const envs: Record<string, string>[] = [];
  const started = await timed(`start ${what}`, async () => {
    // One after the other, so that they see each other's ports.
    for (const environment of used) envs.push(await environment.start(upOptions));
  });
  context.add(started);
  for (const suite of started.failed === 0 ? suites : []) {
    if (context.stopping.aborted) break;
    await Promise.all(
      serverSuite(suite, envs).map(async (step) => context.add(await runStep(step, context))),
    );
  }
  context.add(await timed(`stop ${what}`, stopAll));
}

/** Each is stopped, whatever becomes of the others. */
async function stopAll(): Promise<void> {
  const ends = await Promise.allSettled(environments.map((environment) => environment.stop()));
  const failed = ends.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

async function timed(name: string, work: () => Promise<void>): Promise<StepResult> {
  const startedMs = performance.now();
  let output = "";
  try {
    await work();
  } catch (error) {
    output = explain(error);
  }
  const failed = output === "" ? 0 : 1;
  const elapsedMs = performance.now() - startedMs;
  return { name, passed: 1 - failed, failed, elapsedMs, output };
}
