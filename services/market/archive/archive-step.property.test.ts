import { expect, test } from "bun:test";

import type { Frame } from "@exchange/streams/contract";
import fc from "fast-check";

import { candleIntervals } from "../api.ts";
import { formatCandle } from "../candles.ts";
import { foldEpoch } from "../epoch-views.ts";
import { arbitrarySteps } from "../testing/arbitrary-steps.ts";
import { expectedCandles } from "../testing/expected-views.ts";
import type { ScriptedMarket, ScriptStep } from "../testing/scripted-market.ts";
import { createScriptedMarket } from "../testing/scripted-market.ts";
import type { ArchiveStep, SequencedFrame } from "./archive-step.ts";
import { stepOver, stepToEpochViews } from "./archive-step.ts";

const MARKET = "BTC-USD";
const HOUR_MS = 3_600_000;

function framesOf(steps: readonly ScriptStep[]): {
  script: ScriptedMarket;
  frames: SequencedFrame[];
} {
  const script = createScriptedMarket(MARKET, Date.UTC(2026, 0, 1));
  const frames: Frame[] = [];
  for (const step of steps) {
    script.step(step);
    const frame = script.cutFrame();
    if (frame !== undefined) frames.push(frame);
  }
  return { script, frames: frames.map((frame, index) => ({ sequence: index + 1, frame })) };
}

/** What all steps wrote, and what is open at the end. */
function expectArchive(script: ScriptedMarket, steps: readonly ArchiveStep[]): void {
  expect(steps.flatMap(({ trades }) => trades.map((trade) => trade.tradeId))).toEqual(
    script.trades.map(({ command, index }) => `${command}-${index}`),
  );
  for (const interval of candleIntervals) {
    const open = steps.at(-1)?.to.open[interval];
    const written = [
      ...steps.flatMap(({ closed }) => closed[interval]),
      ...(open === undefined ? [] : [open]),
    ];
    expect(written.map(formatCandle)).toEqual(expectedCandles(script, interval));
  }
}

const activity = fc.tuple(
  fc.constantFrom(300, 10 * 60_000, 6 * HOUR_MS, 480 * HOUR_MS).chain(arbitrarySteps),
  fc.integer({ min: 1, max: 30 }),
);

test("however frames are cut into steps, all trades and candles are written once", () => {
  fc.assert(
    fc.property(activity, ([steps, framesPerStep]) => {
      const { script, frames } = framesOf(steps);
      const written: ArchiveStep[] = [];
      for (let start = 0; start < frames.length; start += framesPerStep) {
        const from = written.at(-1)?.to;
        const part = frames.slice(start, start + framesPerStep);
        // A step that the database did not take is made again, the same.
        const attempt = JSON.stringify(stepOver(MARKET, from, part), bigintText);
        const step = stepOver(MARKET, from, part);
        expect(JSON.stringify(step, bigintText)).toBe(attempt);
        written.push(step);
      }
      expectArchive(script, written);
    }),
  );
});

test("an archive that begins with what was kept of a deleted epoch goes on from there", () => {
  fc.assert(
    fc.property(activity, ([steps, cut]) => {
      const { script, frames } = framesOf(steps);
      fc.pre(frames.length > cut);
      const fold = foldEpoch(MARKET);
      for (const { sequence, frame } of frames.slice(0, cut)) fold.frame(frame, sequence);
      const first = stepToEpochViews(fold.views());
      expectArchive(script, [first, stepOver(MARKET, first.to, frames.slice(cut))]);
    }),
  );
});

test("frames that do not follow on the cursor are refused", () => {
  const tick = {
    kind: "tick",
    pick: 0,
    side: "buy",
    priceTicks: 1,
    lots: 1,
    advanceMs: 1,
  } as const;
  const { frames } = framesOf([tick, tick, tick]);
  const { to } = stepOver(MARKET, undefined, frames.slice(0, 1));
  expect(() => stepOver(MARKET, to, frames.slice(2))).toThrow("is at frame 1");
  expect(() => stepOver(MARKET, undefined, frames.slice(1))).toThrow("is at frame 0");
  expect(() => stepOver("ETH-USD", to, frames.slice(1))).toThrow("is of BTC-USD");
});

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}
