import { expect, test } from "bun:test";
import { join } from "node:path";

import { readLockHolder, takeHomeLock } from "./home-lock.ts";

let homes = 0;
function newHome(): string {
  homes += 1;
  return `/tmp/exchange-lock-${process.pid}-${homes}`;
}

test("a home has one supervisor, whose pid everyone may ask for", async () => {
  const home = newHome();
  const lock = await takeHomeLock(home);
  expect(await takeHomeLock(home)).toBeUndefined();
  expect((await readLockHolder(home))?.pid).toBe(process.pid);
  lock?.release();
  expect(await readLockHolder(home)).toBeUndefined();
});

test("two homes do not know each other", async () => {
  const locks = [await takeHomeLock(newHome()), await takeHomeLock(newHome())];
  expect(locks).not.toContain(undefined);
  for (const lock of locks) lock?.release();
});

async function spawnHolder(home: string): Promise<Bun.Subprocess> {
  const module = join(import.meta.dir, "home-lock.ts");
  const script = `import { takeHomeLock } from ${JSON.stringify(module)};
    console.log((await takeHomeLock(${JSON.stringify(home)})) !== undefined);`;
  const holder = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  const { value } = await holder.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("true\n");
  return holder;
}

test("a holder that is killed leaves no lock behind", async () => {
  const home = newHome();
  const holder = await spawnHolder(home);
  expect(await takeHomeLock(home)).toBeUndefined();

  holder.kill("SIGKILL");
  await holder.exited;
  const lock = await takeHomeLock(home);
  expect(lock).toBeDefined();
  lock?.release();
});

test("a holder too busy to answer for a while is not taken for absent", async () => {
  const home = newHome();
  const holder = await spawnHolder(home);
  try {
    holder.kill("SIGSTOP");
    const asked = readLockHolder(home);
    // Longer than one ask waits.
    await Bun.sleep(2500);
    holder.kill("SIGCONT");
    expect((await asked)?.pid).toBe(holder.pid);
  } finally {
    holder.kill("SIGKILL");
  }
}, 20_000);
