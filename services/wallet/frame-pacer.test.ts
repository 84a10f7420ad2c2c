import { expect, test } from "bun:test";

import type { Frame } from "@exchange/streams/contract";

import type { NumberedFrame, SettlementCursor } from "./cursor.ts";
import { advance, unsettled } from "./cursor.ts";
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
  expect(sizes).toEqual([20, 30, 45, 67, 10, 5]);
});

test("a slow transaction of few frames does not make the next one smaller than it must be", () => {
  const pacer = createFramePacer();
  for (let round = 0; round < 20; round += 1) pacer.observe({ events: 1, tookMs: 1000 });
  expect(pacer.take(framesOf(100))).toHaveLength(5);
});

test("of a frame that is too large its first events are taken, and then what is left of it", () => {
  const script = createMarketScript(testMarket);
  for (let event = 0; event < 450; event += 1) script.tick(1);
  const whole = script.frame(1);
  const pacer = createFramePacer();
  let left: readonly NumberedFrame[] = [{ sequence: 1, frame: whole }];
  let cursor: SettlementCursor = {
    market: whole.market,
    epoch: whole.epoch,
    sequence: 0,
    to: whole.from,
    complete: true,
    timeMs: 0,
    inFrame: false,
  };
  const taken: Frame[] = [];
  while (left.length > 0) {
    const frames = pacer.take(left);
    taken.push(...frames.map(({ frame }) => frame));
    cursor = frames.reduce(advance, cursor);
    // Time passes at the end of the frame.
    expect([cursor.sequence, cursor.timeMs]).toEqual(cursor.inFrame ? [0, 0] : [1, 1]);
    left = unsettled([{ sequence: 1, frame: whole }], cursor);
  }
  expect(taken.map(({ events }) => events.length)).toEqual([200, 200, 50]);
  expect(taken.flatMap(({ events }) => events)).toEqual([...whole.events]);
  expect(cursor).toMatchObject({ to: whole.to, complete: true });
});

test("a frame that is not the one whose first events are settled is refused", () => {
  const script = createMarketScript(testMarket);
  for (let event = 0; event < 10; event += 1) script.tick(1);
  const frame = script.frame(1);
  const cursor = {
    market: frame.market,
    epoch: frame.epoch,
    sequence: 0,
    to: frame.to,
    complete: false,
    timeMs: 0,
    inFrame: true,
  };
  expect(() => unsettled([{ sequence: 1, frame }], cursor)).toThrow("is not the one settled up to");
  const within = { ...cursor, to: frame.events[3] ?? frame.to };
  expect(unsettled([{ sequence: 1, frame }], within)[0]?.frame.events).toHaveLength(6);
  expect(() => unsettled([{ sequence: 2, frame }], within)).toThrow("is not the one");
});
