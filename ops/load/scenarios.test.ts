import { expect, test } from "bun:test";

import { ACCESS_TOKEN_LIFE_S } from "@exchange/identity/api";

import { judge } from "./judge.ts";
import { fanoutScenario, orderScenarios, scale } from "./scenarios.ts";

test("a scenario keeps its shape when it is run in fewer seconds and at other rates", () => {
  expect(scale(orderScenarios.spike.stages, { seconds: 4, share: 0.5 })).toEqual([
    { ratePerSecond: 50, seconds: 1 },
    { ratePerSecond: 300, seconds: 1 },
    { ratePerSecond: 50, seconds: 2 },
  ]);
  expect(scale(orderScenarios.soak.stages, { share: 1 })).toEqual([...orderScenarios.soak.stages]);
});

test("no scenario outlives the tokens that it begins with", () => {
  for (const { stages } of [...Object.values(orderScenarios), fanoutScenario]) {
    const seconds = stages.reduce((sum: number, stage) => sum + stage.seconds, 0);
    expect(seconds).toBeLessThan(ACCESS_TOKEN_LIFE_S);
  }
});

test("a threshold is kept up to its bound, and not by what was never measured", () => {
  expect(judge("delay", 5, 5).isKept).toBe(true);
  expect(judge("delay", 5.01, 5).isKept).toBe(false);
  expect(judge("delay", Number.NaN, 5).isKept).toBe(false);
});
