/** The gateway's app under Deno, in front of the running exchange: the tests that hold the gateway's own process hold it, too. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { Glob } from "bun";

import { checkout } from "../setup/home.ts";
import { runProgram } from "../setup/run-program.ts";
import type { DenoGateway } from "./start-deno.ts";
import { startDenoGateway } from "./start-deno.ts";

/** Deno may have to be fetched. */
const START_LIMIT_MS = 120_000;
const RUN_LIMIT_MS = 120_000;

let gateway: DenoGateway;
beforeAll(async () => {
  gateway = await startDenoGateway();
}, START_LIMIT_MS);
afterAll(async () => {
  expect(await gateway.stop()).toBe(0);
});

test(
  "the gateway's contract tests pass",
  async () => {
    const files = [...new Glob("gateway/*.e2e.test.ts").scanSync(checkout)].toSorted();
    expect(files).not.toBeEmpty();
    const { exitCode, output } = await runProgram(
      [
        process.execPath,
        "test",
        "--path-ignore-patterns=node_modules/**",
        "--timeout=30000",
        "--isolate",
        ...files.map((path) => `./${path}`),
      ],
      { cwd: checkout, env: { GATEWAY_URL: gateway.url } },
    );
    expect([exitCode, exitCode === 0 ? "" : output]).toEqual([0, ""]);
    expect(output).toContain(`across ${files.length} files`);
  },
  RUN_LIMIT_MS,
);
