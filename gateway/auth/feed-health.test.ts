import { expect, test } from "bun:test";

import { createFeedHealth, type FeedHealth } from "./feed-health.ts";

function snapshot(health: FeedHealth, nowMs: number): void {
  health.confirm(health.ask(nowMs));
}

/** A feed that heard writer `a` up to its message 1 and took the snapshot. */
function freshFeed(): FeedHealth {
  const health = createFeedHealth();
  health.hear({ writer: "a", number: 1 }, 0);
  snapshot(health, 0);
  return health;
}

test("a feed is stale before its snapshot and before its first message", () => {
  const health = createFeedHealth();
  expect(health.isFresh(0)).toBe(false);
  snapshot(health, 0);
  expect(health.isFresh(0)).toBe(false);
  health.hear({ writer: "a", number: 7 }, 10);
  expect(health.needsSnapshot).toBe(true);
  expect(health.isFresh(10)).toBe(false);
  snapshot(health, 20);
  expect(health.isFresh(20)).toBe(true);
});

test("a feed stays fresh while messages follow one another", () => {
  const health = freshFeed();
  for (let number = 2; number < 100; number += 1) {
    health.hear({ writer: "a", number }, number * 250);
    expect(health.needsSnapshot).toBe(false);
    expect(health.isFresh(number * 250 + 249)).toBe(true);
  }
});

test("a feed is stale after more than a second of silence, until a snapshot was taken after it", () => {
  const health = freshFeed();
  expect(health.isFresh(1000)).toBe(true);
  expect(health.isFresh(1001)).toBe(false);
  const early = health.ask(1400);
  health.hear({ writer: "a", number: 2 }, 1500);
  expect(health.isFresh(1500)).toBe(false);
  // Asked for before the silence ended, so it may lack what was said in it.
  health.confirm(early);
  expect(health.isFresh(1500)).toBe(false);
  snapshot(health, 1510);
  expect(health.isFresh(1510)).toBe(true);
});

test("a snapshot without messages does not make a silent feed fresh", () => {
  const health = freshFeed();
  snapshot(health, 5000);
  expect(health.isFresh(5000)).toBe(false);
});

test("a missing number makes the feed stale within a second, unless a snapshot fills the hole", () => {
  const health = freshFeed();
  health.hear({ writer: "a", number: 3 }, 250);
  expect(health.needsSnapshot).toBe(true);
  expect(health.isFresh(900)).toBe(true);
  for (let number = 4; number < 8; number += 1) {
    health.hear({ writer: "a", number }, number * 200);
  }
  expect(health.isFresh(1400)).toBe(false);
  snapshot(health, 1400);
  expect(health.isFresh(1400)).toBe(true);
});

test("a new writer asks for a snapshot, since its predecessor may have died before its message", () => {
  const health = freshFeed();
  health.hear({ writer: "b", number: 1 }, 100);
  expect(health.needsSnapshot).toBe(true);
  snapshot(health, 110);
  health.hear({ writer: "b", number: 2 }, 200);
  health.hear({ writer: "a", number: 2 }, 210);
  expect(health.needsSnapshot).toBe(false);
});

test("a repeated or older number counts as a hole", () => {
  const health = freshFeed();
  health.hear({ writer: "a", number: 1 }, 100);
  expect(health.needsSnapshot).toBe(true);
});
