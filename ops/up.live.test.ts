/** The commands themselves, on private servers in a folder of their own. */

import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { homeAt } from "./setup/home.ts";
import { findMarked, identify } from "./setup/process-identity.ts";
import { runProgram } from "./setup/run-program.ts";
import { readState } from "./setup/state.ts";

const folder = mkdtempSync(join(tmpdir(), "exchange-up-"));
const home = homeAt(folder);

async function ops(
  verb: "up" | "down" | "status",
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<{ exitCode: number; output: string }> {
  const script = join(import.meta.dir, `${verb}.ts`);
  return await runProgram([process.execPath, script, ...args], {
    env: { EXCHANGE_HOME: folder, ...env },
  });
}

async function upServers(): Promise<{ exitCode: number; output: string }> {
  return await ops("up", ["--only", "servers", "--detach"]);
}

function pidOf(name: string): number {
  const found = readState(home)?.processes.find((process) => process.name === name);
  if (found === undefined) throw new Error(`${name} is not in the state file`);
  return found.pid;
}

beforeAll(async () => {
  // The first start makes the data folders.
  expect(await upServers()).toMatchObject({ exitCode: 0 });
  await ops("down");
}, 60_000);
afterEach(async () => {
  await ops("down");
  expect(findMarked(folder)).toEqual([]);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("up starts, status shows a line a process, down leaves none", async () => {
  expect(await upServers()).toMatchObject({ exitCode: 0 });
  const shown = await ops("status");
  expect(shown.exitCode).toBe(0);
  for (const name of ["supervisor", "nats-server", "mysql", "redis"]) {
    expect(shown.output).toMatch(new RegExp(`^${name} +(ready|running) +\\d+ `, "m"));
  }
  expect(await ops("down")).toMatchObject({ exitCode: 0, output: "The exchange is stopped.\n" });
  expect(findMarked(folder)).toEqual([]);
  expect(await ops("status")).toMatchObject({
    exitCode: 3,
    output: "The exchange is not running.\n",
  });
  expect(await ops("down")).toMatchObject({ exitCode: 0, output: "Nothing was running.\n" });
});

test("a second up is refused in one line and disturbs nothing", async () => {
  await upServers();
  const pid = pidOf("mysql");
  const second = await upServers();
  expect(second.exitCode).toBe(1);
  expect(second.output).toMatch(/^The exchange is already running[^\n]*\n$/);
  expect(pidOf("mysql")).toBe(pid);
  expect(await ops("status")).toMatchObject({ exitCode: 0 });
});

test("a taken gateway port that was asked for is an error in one line", async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  const refused = await ops("up", ["--detach"], { EXCHANGE_PORT: String(port) });
  server.close();
  expect(refused.exitCode).toBe(1);
  expect(refused.output).toMatch(new RegExp(`^Port ${port} [^\\n]*is taken[^\\n]*\\n$`));
});

test("a server that is killed runs again on the same port", async () => {
  await upServers();
  const before = pidOf("redis");
  process.kill(before, "SIGKILL");
  const deadlineMs = Date.now() + 5_000;
  while (
    readState(home)?.processes.some(({ name, restarts }) => name === "redis" && restarts === 0)
  ) {
    expect(Date.now()).toBeLessThan(deadlineMs);
    await Bun.sleep(20);
  }
  expect(pidOf("redis")).not.toBe(before);
});

test("what a killed supervisor left behind is found and stopped by the next up", async () => {
  await upServers();
  const orphan = pidOf("mysql");
  process.kill(readState(home)?.supervisor.pid ?? 0, "SIGKILL");
  expect(await ops("status")).toMatchObject({ exitCode: 3 });
  const next = await upServers();
  expect(next).toMatchObject({ exitCode: 0 });
  expect(next.output).toContain("Stopped 3 processes that an earlier run left behind.");
  expect(identify(orphan)).toBeUndefined();
});

test.each(["", "{", JSON.stringify({ phase: "ready", processes: [{ pid: 1 }] })])(
  "a state file that a power cut left behind (%j) does not block",
  async (text) => {
    writeFileSync(join(home.run, "state.json"), text);
    expect(await upServers()).toMatchObject({ exitCode: 0 });
  },
);

test("Ctrl-C in the foreground stops everything", async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "up.ts"), "--only", "servers"], {
    env: { PATH: "/usr/bin:/bin", EXCHANGE_HOME: folder },
    stdout: "pipe",
    stderr: "pipe",
  });
  for await (const chunk of child.stdout) {
    if (new TextDecoder().decode(chunk).includes("are ready")) break;
  }
  child.kill("SIGINT");
  expect(await child.exited).toBe(0);
  expect(findMarked(folder)).toEqual([]);
});
