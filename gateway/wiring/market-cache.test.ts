import { expect, test } from "bun:test";

import type { ServiceOutcome } from "../deps.ts";
import { createMarketCache } from "./market-cache.ts";

function counted(answer: () => ServiceOutcome<number>) {
  let depthsRead = 0;
  let nowMs = 1000;
  const read = createMarketCache({ now: () => nowMs })(
    "book",
    async ({ depth }: { depth: number }) => {
      depthsRead += depth;
      await Bun.sleep(1);
      return answer();
    },
  );
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { read, pass, depthsRead: () => depthsRead };
}

test("what is asked at once is read once, and different questions apart", async () => {
  const { read, depthsRead } = counted(() => ({ kind: "ok", value: 1 }));
  const asked = [{ depth: 1 }, { depth: 1 }, { depth: 10 }];
  await Promise.all(asked.map((body) => read(body, undefined)));
  expect(depthsRead()).toBe(11);
  await read({ depth: 1 }, undefined);
  expect(depthsRead()).toBe(11);
});

test("an answer is shared for a quarter of a second and no longer", async () => {
  const { read, pass, depthsRead } = counted(() => ({ kind: "ok", value: 1 }));
  await read({ depth: 1 }, undefined);
  pass(250);
  await read({ depth: 1 }, undefined);
  expect(depthsRead()).toBe(1);
  pass(1);
  await read({ depth: 1 }, undefined);
  expect(depthsRead()).toBe(2);
});

test.each([
  { kind: "refused", code: "REBUILDING" },
  { kind: "failed", failure: "unavailable" },
] as const)("what is no answer is asked again: %p", async (outcome) => {
  const { read, depthsRead } = counted(() => outcome);
  expect(await read({ depth: 1 }, undefined)).toEqual(outcome);
  await read({ depth: 1 }, undefined);
  expect(depthsRead()).toBe(2);
});
