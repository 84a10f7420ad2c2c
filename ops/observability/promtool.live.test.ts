/** Prometheus' own tool reads what Prometheus will read, and plays the alerts. It needs no server. */

import { beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { unpackPackages } from "../setup/debian-packages.ts";
import { toolsFolder } from "../setup/home.ts";
import { runProgram } from "../setup/run-program.ts";

const folder = join(toolsFolder, "promtool");
const promtool = Bun.which("promtool") ?? join(folder, "usr/bin/promtool");

beforeAll(async () => {
  if (existsSync(promtool)) return;
  const request = { suite: "forky", packages: ["promtool"], folder };
  expect(await unpackPackages(request)).toBeUndefined();
}, 120_000);

test.each([
  ["check", "config", "prometheus.yml"],
  ["test", "rules", "alerts.test.yml"],
])("promtool %s %s accepts %s", async (verb, what, file) => {
  const done = await runProgram([promtool, verb, what, file], { cwd: import.meta.dir });
  expect(done.output).toContain("SUCCESS");
  expect(done.exitCode).toBe(0);
});
