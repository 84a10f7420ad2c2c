import { expect, test } from "bun:test";

import { runOpenLoop } from "./open-loop.ts";

test("whoever was due during a stall is charged for the wait", async () => {
  let stalledUntilMs = 0;
  let sent = 0;
  const { latenciesMs, outcomes } = await runOpenLoop({
    ratePerSecond: 500,
    seconds: 1,
    warmUpSeconds: 0,
    send: async () => {
      sent += 1;
      if (sent === 100) stalledUntilMs = performance.now() + 300;
      await Bun.sleep(Math.max(stalledUntilMs - performance.now(), 0));
      return "ok done";
    },
  });
  expect(outcomes.get("ok done")).toBe(500);
  // Due in the 300 ms of the stall: about 150, each for what was left of it.
  expect(latenciesMs.filter((latencyMs) => latencyMs > 100).length).toBeGreaterThan(75);
});

test("the warm-up is sent and not measured, and only good outcomes have a latency", async () => {
  let sent = 0;
  const { latenciesMs, outcomes } = await runOpenLoop({
    ratePerSecond: 1000,
    seconds: 0.1,
    warmUpSeconds: 0.1,
    send: async () => {
      sent += 1;
      return await Promise.resolve(sent % 2 === 0 ? "ok placed" : "503 OVERLOADED");
    },
  });
  expect(sent).toBe(200);
  expect(latenciesMs.length).toBe(50);
  expect(outcomes.get("503 OVERLOADED")).toBe(50);
});
