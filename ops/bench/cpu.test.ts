import { expect, test } from "bun:test";

import { createCpuMeter, parseStat } from "./cpu.ts";

test("a process's name may look like anything", () => {
  const text = "42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0 1000 1 1";
  expect(parseStat(text)).toBe(3);
});

test("a process that works shows more than one that is gone", () => {
  const meter = createCpuMeter(() => [{ name: "gone", pid: 2 ** 30 }]);
  const untilMs = performance.now() + 200;
  while (performance.now() < untilMs) Math.sqrt(untilMs);
  const [first, second] = meter.read();
  expect(first?.name).toBe("generator");
  expect(second).toEqual({ name: "gone", cores: 0 });
});
