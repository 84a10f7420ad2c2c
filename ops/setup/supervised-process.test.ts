import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { homeAt, prepareHome } from "./home.ts";
import { identify } from "./process-identity.ts";
import type { ProcessSpec } from "./process-spec.ts";
import { SupervisedProcess } from "./supervised-process.ts";

const SCHED_BATCH = "3";
const folder = mkdtempSync(join(tmpdir(), "exchange-supervised-"));
const home = homeAt(folder);
prepareHome(home);
afterAll(() => rmSync(folder, { recursive: true }));

function supervise(
  script: string,
  changes: Partial<ProcessSpec> = {},
  report: (line: string) => void = () => undefined,
): SupervisedProcess {
  const spec: ProcessSpec = {
    name: "sample",
    group: "service",
    command: ["bash", "-c", script],
    cwd: folder,
    env: {},
    stopLimitMs: 5_000,
    isReady: () => Promise.resolve(true),
    ...changes,
  };
  const supervised = new SupervisedProcess(spec, {
    home,
    report,
    onChange: () => undefined,
  });
  supervised.start();
  return supervised;
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 4_000;
  while (!isTrue()) {
    if (Date.now() > deadlineMs) throw new Error("it did not happen within 4 s");
    await Bun.sleep(10);
  }
}

test("a process that is killed runs again under a new pid, and the restart is counted", async () => {
  const supervised = supervise("exec sleep 60");
  await until(() => supervised.describe().state === "running");
  const before = supervised.describe();
  process.kill(before.pid, "SIGKILL");
  await until(() => supervised.describe().restarts === 1);
  await until(() => supervised.describe().state === "running");
  expect(supervised.describe().pid).not.toBe(before.pid);
  await supervised.stop();
  expect(supervised.describe()).toMatchObject({ state: "stopped", pid: 0 });
});

test("a process with a fault that only a new start mends is started again, and says why", async () => {
  let faults = 1;
  const lines: string[] = [];
  const supervised = supervise(
    "exec sleep 60",
    {
      findFault: () =>
        Promise.resolve(faults-- > 0 ? "its stream takes nothing any more" : undefined),
    },
    (line) => lines.push(line),
  );
  await until(() => supervised.describe().restarts === 1);
  await until(() => supervised.describe().state === "running");
  expect(lines[0]).toBe("sample has to start again: its stream takes nothing any more");
  await supervised.stop();
});

test("a process does not take a core from another one", async () => {
  const supervised = supervise("exec sleep 60");
  await until(() => supervised.describe().state === "running");
  const { pid } = supervised.describe();
  // It is another program for a moment before it is this one.
  await until(() => readFileSync(`/proc/${pid}/comm`, "utf8") === "sleep\n");
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [policy] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(38);
  expect(policy).toBe(SCHED_BATCH);
  await supervised.stop();
});

test("a program that does not exist is a death like any other", async () => {
  const supervised = supervise("", { command: ["/does/not/exist"] });
  await until(() => supervised.deaths === 2);
  await supervised.stop();
});

test("a process that ignores SIGTERM is killed after its limit", async () => {
  const supervised = supervise("trap '' TERM; echo ready; while :; do sleep 0.05; done", {
    name: "stubborn",
    stopLimitMs: 100,
  });
  await until(() => readFileSync(join(home.logs, "stubborn.log"), "utf8").includes("ready"));
  const { pid } = supervised.describe();
  await supervised.stop();
  expect(identify(pid)).toBeUndefined();
});

test("a process that is being stopped between two lives does not start again", async () => {
  const supervised = supervise("exit 1");
  await until(() => supervised.describe().state === "restarting");
  await supervised.stop();
  await Bun.sleep(500);
  expect(supervised.describe()).toMatchObject({ state: "stopped", pid: 0, restarts: 0 });
});
