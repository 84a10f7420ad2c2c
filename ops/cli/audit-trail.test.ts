/** The lines of `exchange audit-trail`: no time is said for another. */

import { expect, test } from "bun:test";

import { formatDeed } from "./audit-trail.ts";

const noon = Date.parse("2026-11-23T12:00:00Z");
const hourMs = 3_600_000;

const halt = {
  kind: "operator",
  timeMs: noon,
  hostTimeMs: noon - 5000,
  operator: "alice",
  osUser: "root",
  host: "ops-1",
  origin: "",
  verb: "market halt",
  arguments: ["BTC-USD"],
  reason: "odd trades",
  entry: 1,
} as const;
const ended = { endedMs: noon + 40, endedHostTimeMs: noon + 5040, exitCode: 0, detail: "" };

test.each([
  ["runs, noted at once", halt, "has not ended"],
  ["has ended, noted at once", { ...halt, ...ended }, "done"],
  [
    "runs since before MySQL noted it",
    { ...halt, hostTimeMs: noon - hourMs },
    "by ops-1's clock it began at 2026-11-23T11:00:00.000Z, noted at 2026-11-23T12:00:00.000Z  has not ended",
  ],
  [
    "ended before MySQL noted that",
    { ...halt, ...ended, endedMs: noon + 2 * hourMs },
    "by ops-1's clock it ended at 2026-11-23T12:00:05.040Z, noted at 2026-11-23T14:00:00.000Z  done",
  ],
  [
    "began and ended while MySQL was away",
    { ...halt, ...ended, hostTimeMs: noon - hourMs, endedHostTimeMs: noon - hourMs + 1000 },
    "by ops-1's clock it began at 2026-11-23T11:00:00.000Z, noted at 2026-11-23T12:00:00.000Z, ended at 2026-11-23T11:00:01.000Z, noted at 2026-11-23T12:00:00.040Z  done",
  ],
  [
    "was run by a host whose clock is ahead",
    { ...halt, hostTimeMs: noon + hourMs },
    "by ops-1's clock it began at 2026-11-23T13:00:00.000Z, noted at 2026-11-23T12:00:00.000Z  has not ended",
  ],
])("a command that %s", (_, deed, said) => {
  expect(formatDeed(deed)).toBe(
    `2026-11-23T12:00:00.000Z  operator alice  market halt BTC-USD  from root@ops-1  ${said}: odd trades`,
  );
});
