import { expect, test } from "bun:test";

import { rankMembers } from "./rendezvous.ts";

const markets = Array.from({ length: 300 }, (_, place) => `M${place}-USD`);
const members = ["engine-1", "engine-2", "engine-3"];
const first = (market: string, of: readonly string[]): string | undefined =>
  rankMembers(market, of)[0];

test("everybody ranks alike, in whatever order the members are known", () => {
  for (const market of markets) {
    expect(rankMembers(market, members.toReversed())).toEqual(rankMembers(market, members));
  }
});

test("markets are spread about evenly", () => {
  for (const member of members) {
    const share = markets.filter((market) => first(market, members) === member).length;
    expect(share).toBeGreaterThan(70);
  }
});

test("when a member leaves its markets fall to who stood by, and no other market moves", () => {
  const left = members.slice(1);
  for (const market of markets) {
    const ranked = rankMembers(market, members);
    expect(first(market, left)).toBe(ranked[0] === "engine-1" ? ranked[1] : ranked[0]);
  }
});
