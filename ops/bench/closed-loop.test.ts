import { expect, test } from "bun:test";

import { runClosedLoop } from "./closed-loop.ts";

test("so many are in flight, never more, and a batch counts for all that is in it", async () => {
  let inFlight = 0;
  let most = 0;
  const { perSecond, latencyMs } = await runClosedLoop({
    inFlight: 4,
    seconds: 0.2,
    unitsPerCall: 10,
    work: async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await Bun.sleep(10);
      inFlight -= 1;
    },
  });
  expect(most).toBe(4);
  expect(latencyMs.p50).toBeGreaterThanOrEqual(9);
  expect(perSecond).toBeGreaterThan(100);
  expect(perSecond).toBeLessThan(4500);
});
