/** A log is all there is: played again, from a snapshot on, or in another process, it leads to the same place. */

import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import type { Book, BookFactory, BookSnapshot } from "./core/index.ts";
import { createBook, createNaiveBook } from "./core/index.ts";
import { eventsOf } from "./testing/differential.ts";
import { playBothBooks } from "./testing/play-seed.ts";
import { RandomCommands } from "./testing/random-commands.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const SEEDS = 40;
const COMMANDS = 400;
const factories: readonly BookFactory[] = [createBook, createNaiveBook];

test("a replay gives the same hash", () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    expect(playBothBooks(seed, COMMANDS)).toBe(playBothBooks(seed, COMMANDS));
  }
});

test("two processes come to the same hash", async () => {
  const script = join(import.meta.dir, "testing/play-seed.ts");
  const play = async (seed: number): Promise<string> => {
    const child = Bun.spawn([process.execPath, script, String(seed), String(COMMANDS)]);
    return await new Response(child.stdout).text();
  };
  const here = playBothBooks(7, COMMANDS);
  expect(await Promise.all([play(7), play(7)])).toEqual([here, here]);
});

test("a snapshot and the commands after it are the whole log", () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    for (const create of factories) checkSnapshot(seed, create);
  }
});

/** A book restored halfway goes on as the one it was taken of, and is as it is. */
function checkSnapshot(seed: number, create: BookFactory): void {
  const whole = create();
  const source = new RandomCommands({ seed });
  let restored: Book | undefined;
  const cut = (seed * 31) % COMMANDS;
  for (let count = 0; count < COMMANDS; count += 1) {
    if (count === cut) {
      const snapshot: BookSnapshot = JSON.parse(JSON.stringify(whole.snapshot()));
      restored = create(snapshot);
      expect(restored.stateHash()).toBe(whole.stateHash());
      expect(restored.dueMs).toBe(whole.dueMs);
    }
    const input = source.next(whole.rules);
    const events = eventsOf(whole, input);
    for (const event of events) source.observe(event);
    if (restored === undefined) continue;
    expect(eventsOf(restored, input)).toEqual(events);
    expect(restored.stateHash()).toBe(whole.stateHash());
    expect(restored.dueMs).toBe(whole.dueMs);
  }
}
