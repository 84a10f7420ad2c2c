/** What the containers are started with, checked by the programs that will read it. No engine is needed. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { unpackPackages } from "../setup/debian-packages.ts";
import { checkout, toolsFolder } from "../setup/home.ts";
import { runProgram } from "../setup/run-program.ts";
import { findToolchain } from "../setup/toolchain.ts";

const folder = mkdtempSync(join(tmpdir(), "exchange-docker-"));
const unpacked = join(toolsFolder, "compose");
let compose = "";

async function findCompose(): Promise<string> {
  const candidates = [unpacked, ""].flatMap((root) => [
    `${root}/usr/libexec/docker/cli-plugins/docker-compose`,
    `${root}/usr/lib/docker/cli-plugins/docker-compose`,
    `${root}/usr/bin/docker-compose`,
  ]);
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  const request = { suite: "forky", packages: ["docker-compose"], folder: unpacked };
  expect(await unpackPackages(request)).toBeUndefined();
  return await findCompose();
}

async function config(file: string): Promise<{ exitCode: number; output: string }> {
  const command = [compose, "-f", file, "--profile", "*", "config", "-q"];
  return await runProgram(command, { cwd: checkout });
}

beforeAll(async () => {
  compose = await findCompose();
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

test("docker compose accepts the file with all its profiles", async () => {
  expect(await config("docker-compose.yml")).toEqual({ exitCode: 0, output: "" });
});

test("docker compose refuses a wrong key, so the check above means something", async () => {
  const text = readFileSync(join(checkout, "docker-compose.yml"), "utf8");
  const file = join(folder, "wrong.yml");
  await Bun.write(file, text.replace("healthcheck:", "healthchek:"));
  expect((await config(file)).exitCode).not.toBe(0);
});

test("the secrets are made once and stay, and the NATS server accepts its configuration", async () => {
  const make = [process.execPath, join(import.meta.dir, "make-secrets.ts"), folder];
  expect(await runProgram(make)).toMatchObject({ exitCode: 0 });
  const before = readFileSync(join(folder, "nats/nats.conf"), "utf8");
  expect(await runProgram(make)).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(folder, "nats/nats.conf"), "utf8")).toBe(before);

  const { nats } = await findToolchain(() => undefined);
  const check = await runProgram([nats.path, "-t", "-c", join(folder, "nats/nats.conf")]);
  expect(check).toMatchObject({ exitCode: 0 });
});
