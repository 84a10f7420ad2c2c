import { expect, test } from "bun:test";

import type { NumberedFrame } from "./cursor.ts";
import { createFramePacer } from "./frame-pacer.ts";
import { createMarketScript } from "./testing/market-script.ts";
import { testMarket } from "./testing/memory-ledger.ts";

/** Frames of 10 events each. */
function framesOf(count: number): NumberedFrame[] {
  const script = createMarketScript(testMarket);
  return Array.from({ length: count }, (_, index) => {
    for (let event = 0; event < 10; event += 1) script.tick(index);
    return { sequence: index + 1, frame: script.frame(index) };
  });
}

test("transactions grow while they are fast and shrink when they are slow", () => {
  const frames = framesOf(1000);
  const pacer = createFramePacer();
  const sizes: number[] = [];
  for (const tookMs of [5, 5, 5, 80, 80, 5]) {
    const taken = pacer.take(frames);
    sizes.push(taken.length);
    pacer.observe({ events: taken.length * 10, tookMs });
  }
  expect(sizes).toEqual([20, 30, 45, 67, 16, 5]);
});

test("a slow transaction of few frames does not make the next one smaller than it must be", () => {
  const pacer = createFramePacer();
  for (let round = 0; round < 20; round += 1) pacer.observe({ events: 1, tookMs: 1000 });
  expect(pacer.take(framesOf(100))).toHaveLength(5);
});

test("one frame is taken however large it is", () => {
  const script = createMarketScript(testMarket);
  for (let event = 0; event < 10_000; event += 1) script.tick(1);
  const frames = [{ sequence: 1, frame: script.frame(1) }];
  expect(createFramePacer().take(frames)).toHaveLength(1);
});
