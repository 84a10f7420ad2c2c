import { expect, test } from "bun:test";

import type { MarketEvent } from "@exchange/streams/contract";
import fc from "fast-check";

import { accepted, framesOf, traded } from "./testing/events.ts";
import type { Verdict } from "./verdicts.ts";
import { createVerdicts, VERDICT_WAIT_MS, VERDICTS_KEPT } from "./verdicts.ts";

const start = { lastTimeMs: 0, lastPrice: undefined };
const before = { command: 1, index: 0 };

/** Commands from 10 on, each with some trades. */
function eventsOf(tradesByCommand: readonly number[]): MarketEvent[] {
  return tradesByCommand.flatMap((trades, place) => {
    const command = 10 + place;
    return [
      accepted(command),
      ...Array.from({ length: trades }, (_, index) =>
        traded({ command, index: index + 1, maker: 5, qty: 1 }),
      ),
    ];
  });
}

const anyRun = fc.record({
  trades: fc.array(fc.nat(4), { minLength: 1, maxLength: 12 }),
  sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
});

test("however the events are cut into frames, each wait gets all of its command's events", async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, fc.nat(60), async ({ trades, sizes }, lateness) => {
      const events = eventsOf(trades);
      const verdicts = createVerdicts(start);
      const frames = framesOf(events, sizes, before);
      const commands = trades.map((_, place) => 10 + place);
      // Some waits begin before the frames pass, some while, some after.
      const waits = new Map<number, Promise<Verdict>>();
      const beginUpTo = (count: number): void => {
        for (const command of commands.slice(0, count)) {
          if (!waits.has(command)) waits.set(command, verdicts.wait(command));
        }
      };
      for (const [place, frame] of frames.entries()) {
        beginUpTo(Math.max(place * 2 - lateness, 0));
        verdicts.take(frame);
      }
      beginUpTo(commands.length);
      verdicts.sweep(performance.now() + 2 * VERDICT_WAIT_MS);
      for (const command of commands) {
        const expected = events.filter((event) => event.command === command);
        const got = await waits.get(command);
        expect(got).toEqual(expected);
      }
    }),
  );
});

test("verdicts that nobody waits for are forgotten, oldest first", async () => {
  const verdicts = createVerdicts(start);
  const commands = Array.from({ length: VERDICTS_KEPT + 1 }, () => 0);
  for (const frame of framesOf(eventsOf(commands), [7], before)) verdicts.take(frame);
  expect(await verdicts.wait(10)).toBeUndefined();
  expect(await verdicts.wait(11)).toEqual([accepted(11)]);
});

test("a lost frame costs answers, and never makes one from a part of the events", async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, fc.nat(30), async ({ trades, sizes }, lost) => {
      const events = eventsOf(trades);
      const verdicts = createVerdicts(start);
      const frames = framesOf(events, sizes, before);
      const waits = trades.map((_, place) => verdicts.wait(10 + place));
      for (const [place, frame] of frames.entries()) {
        if (place !== lost % frames.length) verdicts.take(frame);
      }
      verdicts.sweep(performance.now() + 2 * VERDICT_WAIT_MS);
      for (const [place, got] of (await Promise.all(waits)).entries()) {
        const expected = events.filter((event) => event.command === 10 + place);
        if (got !== undefined) expect(got).toEqual(expected);
      }
    }),
  );
});

test("a wait ends after its time, and not before", async () => {
  const verdicts = createVerdicts(start);
  const verdict = verdicts.wait(10);
  verdicts.sweep(performance.now());
  expect(verdicts.waiting).toBe(1);
  verdicts.sweep(performance.now() + VERDICT_WAIT_MS + 1);
  expect(verdicts.waiting).toBe(0);
  expect(await verdict).toBeUndefined();
});

test("the last price and the engine's time follow the frames", () => {
  const verdicts = createVerdicts({ lastTimeMs: 500, lastPrice: undefined });
  for (const frame of framesOf(eventsOf([1]), [9], before)) verdicts.take(frame);
  expect(verdicts.lastPrice).toEqual(expect.any(Number));
  expect(verdicts.lastTimeMs).toBe(500);
});
