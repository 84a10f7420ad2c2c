import { afterEach, expect, jest, test } from "bun:test";

import type { Hub } from "./hub.ts";
import { watchHub } from "./hub.ts";

interface Asked {
  answer(): void;
  fail(): void;
}

/** An exchange whose answers a test gives by hand. */
function createExchange(): { readonly hub: Hub; readonly asked: Asked[]; readonly told: string[] } {
  const asked: Asked[] = [];
  const told: string[] = [];
  const hub = watchHub({
    ask: async () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      asked.push({ answer: resolve, fail: () => reject(new Error("nobody")) });
      await promise;
    },
    clock: { now: () => asked.length },
  });
  hub.onMissed(() => told.push("missed"));
  hub.onChange(() => told.push(hub.isReachable ? "back" : "lost"));
  return { hub, asked, told };
}

afterEach(() => jest.useRealTimers());

test("what was missed is told before the exchange is back", async () => {
  const { hub, asked, told } = createExchange();
  const first = hub.check();
  asked[0]?.fail();
  expect(await first).toBe(false);
  const second = hub.check();
  asked[1]?.answer();
  expect(await second).toBe(true);
  expect(told).toEqual(["lost", "missed", "back"]);
  expect(hub.heardMs).toBe(1);
  hub.stop();
});

test("a question that is lost between two answers means missed messages, and its end nothing more", async () => {
  jest.useFakeTimers();
  const { hub, asked, told } = createExchange();
  jest.advanceTimersByTime(250);
  jest.advanceTimersByTime(250);
  expect(asked).toHaveLength(2);
  asked[1]?.answer();
  await settled();
  asked[0]?.fail();
  await settled();
  expect(told).toEqual(["missed"]);
  expect(hub.heardMs).toBe(1);
  expect(hub.isReachable).toBe(true);
  hub.stop();
});

test("answers in turn are heard, and tell of nothing", async () => {
  const { hub, asked, told } = createExchange();
  for (const turn of [0, 1, 2]) {
    const checking = hub.check();
    asked[turn]?.answer();
    await checking;
    expect(hub.heardMs).toBe(turn);
  }
  expect(told).toEqual([]);
  hub.stop();
});

test("work ends as it does, or when the exchange is lost before that", async () => {
  const { hub, asked } = createExchange();
  expect(await hub.whileReachable(Promise.resolve("done"))).toBe("done");
  await expect(hub.whileReachable(Promise.reject(new Error("refused")))).rejects.toThrow("refused");
  const waiting = hub.whileReachable(new Promise<never>(() => undefined));
  const checking = hub.check();
  asked[0]?.fail();
  expect([await checking, await waiting]).toEqual([false, "lost"]);
  hub.stop();
});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}
