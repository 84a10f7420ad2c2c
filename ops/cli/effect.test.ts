/** Each of the operator's verbs says whether it changes something: what does stands in the operators' trail. */

import { expect, test } from "bun:test";

import type { OperatorVerb } from "./effect.ts";
import { effectOf } from "./effect.ts";
import { verbs } from "./verbs.ts";

const all: readonly (readonly [string, OperatorVerb])[] = Object.entries(verbs);

/** `withdrawals halt|resume --reason` has two. */
function ownVerbs(name: string, help: string): string[] {
  const pattern = new RegExp(`exchange ${name} \\[?([a-z][a-z|-]+)\\]?`, "g");
  return [...help.matchAll(pattern)].flatMap(([, text = ""]) => text.split("|"));
}

test.each(all)(
  "%s declares each verb of its own that its help names, and no other",
  (name, verb) => {
    const { effects, help } = verb;
    if (typeof effects === "string") {
      expect(["reads", "changes"]).toContain(effects);
      return;
    }
    const named = ownVerbs(name, help);
    expect(named.length).toBeGreaterThan(1);
    expect([...effects.keys()].toSorted()).toEqual([...new Set(named)].toSorted());
  },
);

test.each([
  ["market", ["halt", "BTC-USD"], "changes"],
  ["market", ["show", "BTC-USD"], "reads"],
  ["market", [], "reads"],
  ["market", ["--json"], "reads"],
  ["withdrawals", ["limits"], "reads"],
  ["withdrawals", ["limits", "--json"], "reads"],
  ["withdrawals", ["limits", "USD", "--day", "5"], "changes"],
  ["audit", ["--market", "BTC-USD"], "reads"],
  ["deposit", [], "changes"],
] as const)("%s %j: %s", (name, args, effect) => {
  expect(effectOf(verbs[name].effects, args)).toBe(effect);
});

test("what nobody declared is taken for a change", () => {
  expect(effectOf(verbs.market.effects, ["explode"])).toBe("changes");
});
