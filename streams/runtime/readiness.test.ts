import { expect, test } from "bun:test";

import { Registry } from "prom-client";

import { createReadiness } from "./readiness.ts";

async function readyValue(registry: Registry): Promise<string | undefined> {
  return /^service_ready (.*)$/m.exec(await registry.metrics())?.[1];
}

test("Prometheus is told what /readyz says", async () => {
  const registry = new Registry();
  let missing: string | undefined;
  const ask = createReadiness({ registry }, () => Promise.resolve(missing));
  expect([await ask(), await readyValue(registry)]).toEqual([undefined, "1"]);
  missing = "MySQL is away";
  expect([await ask(), await readyValue(registry)]).toEqual(["MySQL is away", "0"]);
});

test("a check that hangs is an answer after a second, and those who ask meanwhile share it", async () => {
  const registry = new Registry();
  let checks = 0;
  const ask = createReadiness({ registry }, async () => {
    checks += 1;
    return await new Promise<undefined>(() => undefined);
  });
  expect(await Promise.all([ask(), ask(), readyValue(registry)])).toEqual([
    "timed out",
    "timed out",
    "0",
  ]);
  expect(checks).toBe(1);
});
