import { expect, test } from "bun:test";

import { findMarked, identify, isAlive, signal, supervisedMark } from "./process-identity.ts";

test("a living process is known by its pid and birth, and a dead one by neither", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  const identity = identify(child.pid);
  if (identity === undefined) throw new Error("a process that was just started is not there");
  expect(isAlive(identity)).toBe(true);

  expect(signal(identity, "SIGKILL")).toBe(true);
  await child.exited;
  expect(isAlive(identity)).toBe(false);
  expect(signal(identity, "SIGTERM")).toBe(false);
  expect(identify(child.pid)).toBeUndefined();
});

test("a pid that was given to another process since is not signalled", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  expect(signal({ pid: child.pid, birth: "an earlier process" }, "SIGKILL")).toBe(false);
  expect(child.exitCode).toBeNull();
  child.kill("SIGKILL");
  await child.exited;
});

test("a process is found by the mark of its home, and only by the whole of it", async () => {
  const home = `/tmp/exchange-mark-${process.pid}`;
  const child = Bun.spawn(["sleep", "60"], { env: { [supervisedMark]: home } });
  const parts = Bun.spawn(["sleep", "60"], { env: { [supervisedMark]: `${home}/test` } });
  expect(findMarked(home).map(({ pid }) => pid)).toEqual([child.pid]);
  for (const started of [child, parts]) {
    started.kill("SIGKILL");
    await started.exited;
  }
  expect(findMarked(home)).toEqual([]);
});
