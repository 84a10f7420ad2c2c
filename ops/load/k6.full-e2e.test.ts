/** Each k6 script for a few seconds, by the real k6, against the exchange that EXCHANGE_HOME names. */

import { beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { toolsFolder } from "../setup/home.ts";
import { runProgram } from "../setup/run-program.ts";
import { readRunning } from "../setup/running.ts";

const BUILD_LIMIT_MS = 600_000;
const RUN_LIMIT_MS = 120_000;
/** What k6 ends with when a threshold was not kept. */
const THRESHOLDS_FAILED = 99;

const folder = join(toolsFolder, "k6");
const built = join(folder, "k6");
const go = Bun.which("go", { PATH: "/usr/local/go/bin:/usr/local/bin:/usr/bin" });
const installed = Bun.which("k6") ?? (existsSync(built) ? built : null);
const canRun = installed !== null || go !== null;
if (!canRun) console.log("k6 is not here and cannot be built without Go: its scripts are not run.");

async function k6(script: string, slack: number): Promise<{ exitCode: number; output: string }> {
  const path = join(import.meta.dir, "k6", `${script}.ts`);
  return await runProgram([installed ?? built, "run", "--quiet", "--no-usage-report", path], {
    env: {
      GATEWAY_URL: readRunning().gatewayUrl,
      LOAD_SECONDS: "3",
      // A market that hardly trades has nothing to tell its listeners.
      LOAD_SHARE: script === "fanout" ? "1" : "0.2",
      LOAD_SLACK: String(slack),
    },
  });
}

beforeAll(async () => {
  if (installed !== null || go === null) return;
  const build = [go, "install", "go.k6.io/k6@latest"];
  expect(await runProgram(build, { env: { GOBIN: folder } })).toMatchObject({ exitCode: 0 });
}, BUILD_LIMIT_MS);

test.if(canRun).each(["steady", "spike", "soak", "fanout"])(
  "k6 runs %s, whose thresholds are kept",
  async (script) => {
    expect(await k6(script, 100)).toMatchObject({ exitCode: 0 });
  },
  RUN_LIMIT_MS,
);

test.if(canRun).each(["steady", "fanout"])(
  "k6 ends %s with its own exit code when a threshold is not kept",
  async (script) => {
    expect((await k6(script, 0)).exitCode).toBe(THRESHOLDS_FAILED);
  },
  RUN_LIMIT_MS,
);
