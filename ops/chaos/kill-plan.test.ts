import { expect, test } from "bun:test";

import { createRandom } from "../bench/random.ts";
import { planKills, victims } from "./kill-plan.ts";

test("each victim dies as often as asked for, in an order that comes again with the seed", () => {
  const delayMs = { least: 5, most: 9 };
  const [plan, again, other] = [3, 3, 4].map((seed) =>
    planKills({ kills: 2, delayMs, random: createRandom(seed) }),
  );
  expect(plan).toEqual(again);
  expect(plan).not.toEqual(other);
  const killed = (plan ?? []).map(({ victim }) => victim);
  expect(killed.toSorted()).toEqual([...victims, ...victims].toSorted());
  expect((plan ?? []).every((kill) => kill.delayMs >= 5 && kill.delayMs <= 9)).toBe(true);
});
