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

/**
 * `live`, `full` and `full-quiet` start what they need on bare servers, where an exchange would answer in its place; the
 * others need one. What `full-quiet` measures wants the machine to itself.
 */
export type ServerSuite = "live" | "e2e" | "full" | "full-quiet" | "full-e2e";

/** Generous: what hangs is to end, what is slow is to be seen. */
const limitMs: Readonly<Record<ServerSuite, number>> = {
  live: 20 * minuteMs,
  e2e: 12 * minuteMs,
  full: 90 * minuteMs,
  "full-quiet": 20 * minuteMs,
  "full-e2e": 60 * minuteMs,
};

/** Files that may run beside those of other lanes. Within a lane they share subjects and leases, so they take turns. */
interface Lane {
  readonly name: string;
  /** Which of the servers that are started for the suite. */
  readonly servers: number;
  readonly takes: (path: string) => boolean;
}

/** They start servers of their own, and mostly wait. */
const ownServers = [
  "engine/",
  "ops/docker/",
  "ops/logout/",
  "ops/logs.",
  "ops/observability/",
  "ops/up.",
];
const ordersAndDoor = ["gateway/", "services/order/", "streams/"];

const below =
  (places: readonly string[]) =>
  (path: string): boolean =>
    places.some((place) => path.startsWith(place));
const everything = (): boolean => true;

/** A file belongs to the first lane that takes it. */
const lanes: Readonly<Record<ServerSuite, readonly Lane[]>> = {
  live: [
    { name: "live-own", servers: 0, takes: below(ownServers) },
    { name: "live-orders", servers: 1, takes: below(ordersAndDoor) },
    { name: "live", servers: 0, takes: everything },
  ],
  // Half an hour of computing, on a core of its own.
  full: [
    { name: "full-differential", servers: 0, takes: below(["engine/differential"]) },
    { name: "full", servers: 0, takes: everything },
  ],
  "full-quiet": [{ name: "full-quiet", servers: 0, takes: everything }],
  e2e: [{ name: "e2e", servers: 0, takes: everything }],
  "full-e2e": [{ name: "full-e2e", servers: 0, takes: everything }],
};

/** How many servers of each kind the suite's lanes share out. */
export function serversOf(suite: ServerSuite): number {
  return Math.max(...lanes[suite].map(({ servers }) => servers)) + 1;
}

/** The suite's files, a step a lane. `envs`: how to find each of its servers. */
export function serverSuite(
  suite: ServerSuite,
  envs: readonly Readonly<Record<string, string>>[],
): Step[] {
  const files = [...new Glob(`**/*.${suite}.test.ts`).scanSync(checkout)]
    .filter((path) => !path.split("/").includes("node_modules"))
    .toSorted();
  const byLane = Map.groupBy(files, (path) => lanes[suite].find(({ takes }) => takes(path)));
  return [...byLane].flatMap(([lane, paths]) =>
    lane === undefined
      ? []
      : {
          name: lane.name,
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
          env: envs[lane.servers] ?? {},
          limitMs: limitMs[suite],
          isTestRun: true,
        },
  );
}

function check(name: string, command: readonly string[]): Step {
  return { name, command, limitMs: checkLimitMs, isTestRun: false };
}
