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
    // A process a core; the longest tests are property tests, which a busy machine may make several times longer.
    command: ["bun", "test", "--parallel", "--timeout=20000"],
    limitMs: 5 * minuteMs,
    isTestRun: true,
  },
];

/** `live` and `full` start what they need on bare servers, where an exchange would answer in its place; the others need one. */
export type ServerSuite = "live" | "e2e" | "full" | "full-e2e";

/** Generous: what hangs is to end, what is slow is to be seen. */
const limitMs: Readonly<Record<ServerSuite, number>> = {
  live: 20 * minuteMs,
  e2e: 12 * minuteMs,
  full: 90 * minuteMs,
  "full-e2e": 60 * minuteMs,
};

/**
 * The suite's files as one step, or as two that may run side by side: the engine's live tests start servers
 * of their own and mostly wait. All others share one exchange's subjects and leases, so they take turns.
 */
export function serverSuite(suite: ServerSuite, env: Readonly<Record<string, string>>): Step[] {
  const files = [...new Glob(`**/*.${suite}.test.ts`).scanSync(checkout)]
    .filter((path) => !path.split("/").includes("node_modules"))
    .toSorted();
  const ofEngine = suite === "live" ? files.filter((path) => path.startsWith("engine/")) : [];
  const others = files.filter((path) => !ofEngine.includes(path));
  return [
    { name: `${suite}-engine`, paths: ofEngine },
    { name: suite, paths: others },
  ]
    .filter(({ paths }) => paths.length > 0)
    .map(({ name, paths }) => ({
      name,
      command: [
        "bun",
        "test",
        // Overrides the pattern in bunfig.toml, which keeps these suites out of a plain run.
        "--path-ignore-patterns=node_modules/**",
        "--timeout=30000",
        // What one file leaves behind, a promise that fails late for one, must not fail the next.
        "--isolate",
        ...paths.map((path) => `./${path}`),
      ],
      env,
      limitMs: limitMs[suite],
      isTestRun: true,
    }));
}

function check(name: string, command: readonly string[]): Step {
  return { name, command, limitMs: checkLimitMs, isTestRun: false };
}
