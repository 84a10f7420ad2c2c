/** What `ops/test` runs, in order. */

import { Glob } from "bun";

import { checkout } from "../setup/home.ts";
import type { Step } from "./step.ts";

const minuteMs = 60_000;
const checkLimitMs = 3 * minuteMs;

/** Needs no server. */
export const checks: readonly Step[] = [
  check("format", ["bun", "fmt", "--check"]),
  check("lint", ["bunx", "oxlint", "--type-aware", "--deny-warnings"]),
  check("types", ["bun", "check"]),
  check("unused", ["bunx", "knip"]),
  {
    name: "unit",
    command: ["bun", "test"],
    limitMs: 5 * minuteMs,
    isTestRun: true,
  },
];

export type ServerSuite = "live" | "e2e" | "full";

const limitMs: Readonly<Record<ServerSuite, number>> = {
  live: 10 * minuteMs,
  e2e: 12 * minuteMs,
  full: 90 * minuteMs,
};

/** Undefined when no file belongs to the suite. */
export function serverSuite(
  suite: ServerSuite,
  env: Readonly<Record<string, string>>,
): Step | undefined {
  const files = [...new Glob(`**/*.${suite}.test.ts`).scanSync(checkout)]
    .filter((path) => !path.split("/").includes("node_modules"))
    .toSorted();
  if (files.length === 0) return undefined;
  return {
    name: suite,
    command: [
      "bun",
      "test",
      // Overrides the pattern in bunfig.toml, which keeps these suites out of a plain run.
      "--path-ignore-patterns=node_modules/**",
      "--timeout=30000",
      // What one file leaves behind, a promise that fails late for one, must not fail the next.
      "--isolate",
      ...files.map((path) => `./${path}`),
    ],
    env,
    limitMs: limitMs[suite],
    isTestRun: true,
  };
}

function check(name: string, command: readonly string[]): Step {
  return { name, command, limitMs: checkLimitMs, isTestRun: false };
}
