import { expect, test } from "bun:test";

import { formatProgress } from "./progress.ts";

test("progress shows the share, the rate and the time that is left", () => {
  const line = formatProgress({ label: "BTC-USD", done: 250, total: 1000, elapsedMs: 500 });
  expect(line).toBe("BTC-USD [########----------------------] 250/1000  500/s  2 s left");
});

test("progress has something to say before there is any", () => {
  const line = formatProgress({ label: "x", done: 0, total: 10, elapsedMs: 0 });
  expect(line).toBe("x [------------------------------] 0/10  0/s  ? s left");
});
