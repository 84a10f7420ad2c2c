/** How long a process may take: as long as it goes on. */

import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { assert } from "@exchange/streams/contract";

import { readSteps, STEP } from "./read-steps.ts";

const LIMIT_MS = 120_000;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function work() {
  let printer: ReadableStreamDefaultController<Uint8Array> | undefined;
  const output = new ReadableStream<Uint8Array>({
    start(controller) {
      printer = controller;
    },
  });
  let stalls = 0;
  const result = readSteps(output, { limitMs: LIMIT_MS, onStall: () => (stalls += 1) });
  return {
    result,
    stalls: () => stalls,
    print: async (text: string): Promise<void> => {
      assert(printer !== undefined, "the output is open");
      printer.enqueue(new TextEncoder().encode(text));
      // It is read before time goes on.
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    },
    close: () => printer?.close(),
  };
}

test("work that goes on has all the time it takes, and its result is what it says besides steps", async () => {
  const { result, stalls, print, close } = work();
  for (let step = 0; step < 10; step += 1) {
    jest.advanceTimersByTime(LIMIT_MS - 1);
    await print(STEP);
  }
  await print(`${STEP}not nee`);
  await print("ded");
  expect(stalls()).toBe(0);
  close();
  expect(await result).toBe("not needed");
  jest.advanceTimersByTime(LIMIT_MS);
  expect(stalls()).toBe(0);
});

test("work that does nothing for too long has stalled, at its start as well", async () => {
  for (const steps of [0, 2]) {
    const { result, stalls, print, close } = work();
    for (let step = 0; step < steps; step += 1) {
      jest.advanceTimersByTime(LIMIT_MS - 1);
      await print(STEP);
    }
    jest.advanceTimersByTime(LIMIT_MS);
    expect(stalls()).toBe(1);
    close();
    expect(await result).toBe("");
  }
});
