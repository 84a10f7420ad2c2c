/** Random market activity for property tests. */

import fc from "fast-check";

import type { ScriptStep } from "./scripted-market.ts";

/** `gapMs` is the longest pause between two steps. */
export function arbitrarySteps(gapMs: number): fc.Arbitrary<ScriptStep[]> {
  const step: fc.Arbitrary<ScriptStep> = fc.record({
    kind: fc.constantFrom("rest", "rest", "rest", "trade", "trade", "cancel", "tick"),
    pick: fc.nat({ max: 1000 }),
    side: fc.constantFrom("buy", "sell"),
    priceTicks: fc.integer({ min: 1, max: 40 }),
    lots: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 2 ** 44 })),
    advanceMs: fc.oneof(fc.constant(0), fc.nat({ max: gapMs })),
  });
  return fc.array(step, { maxLength: 200 });
}
