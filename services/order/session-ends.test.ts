import { expect, test } from "bun:test";

import { inTurn } from "./session-ends.ts";
import type { StoredSession } from "./session-store.ts";

function sessionOf(sessionId: number): StoredSession {
  return { accountId: 7, sessionId, timeoutMs: 1000, opens: 1, sinceEndMs: undefined };
}

test("so many sessions end at once, each once, and the others in the order in which they asked", async () => {
  const started: number[] = [];
  const steps = new Map<number, PromiseWithResolvers<void>>();
  const ends = inTurn(
    2,
    async ({ sessionId }) => {
      started.push(sessionId);
      const step = Promise.withResolvers<void>();
      steps.set(sessionId, step);
      await step.promise;
    },
    () => {},
  );
  for (const sessionId of [1, 2, 3, 4, 1, 3]) ends.end(sessionOf(sessionId));
  expect(started).toEqual([1, 2]);
  steps.get(2)?.resolve();
  await Bun.sleep(0);
  expect(started).toEqual([1, 2, 3]);
  steps.get(1)?.reject(new Error("it fails"));
  await Bun.sleep(0);
  expect(started).toEqual([1, 2, 3, 4]);
  // One that failed asks again, behind those that wait.
  ends.end(sessionOf(5));
  ends.end(sessionOf(1));
  steps.get(3)?.resolve();
  steps.get(4)?.resolve();
  await Bun.sleep(0);
  expect(started).toEqual([1, 2, 3, 4, 5, 1]);
  for (const step of steps.values()) step.resolve();
  await ends.finished();
});
