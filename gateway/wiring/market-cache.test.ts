import { expect, test } from "bun:test";

import { Registry } from "prom-client";

import type { ServiceOutcome } from "../deps.ts";
import { createMarketCacheMetrics } from "./market-cache-metrics.ts";
import { createMarketCache } from "./market-cache.ts";

const answered: ServiceOutcome<number> = { kind: "ok", value: 1 };

function counted(answer: () => ServiceOutcome<number> = () => answered) {
  const registry = new Registry();
  let nowMs = 1000;
  let version = 1;
  const asked: number[] = [];
  const cached = createMarketCache({
    news: { version: () => version },
    metrics: createMarketCacheMetrics({ registry }),
    clock: { now: () => nowMs },
  });
  const read = cached({
    name: "book",
    subjectOf: () => "md.BTC-USD.book",
    rowsOf: (value) => value,
    read: async ({ depth }: { readonly depth: number }) => {
      asked.push(depth);
      await Bun.sleep(1);
      return answer();
    },
  });
  return {
    asked,
    read: async (depth: number) => await read({ depth }, undefined),
    pass: (ms: number) => void (nowMs += ms),
    change: () => void (version += 1),
    metrics: async () => await registry.metrics(),
  };
}

test("what is asked at once is read once, and different questions apart", async () => {
  const { asked, read, metrics } = counted();
  await Promise.all([1, 1, 1, 10].map(read));
  expect(asked).toEqual([1, 10]);
  await read(1);
  expect(asked).toEqual([1, 10]);
  const text = await metrics();
  for (const [answer, count] of Object.entries({ miss: 2, shared: 2, hit: 1 })) {
    expect(text).toContain(
      `gateway_market_reads_total{endpoint="book",answer="${answer}"} ${count}`,
    );
  }
  expect(text).toContain('gateway_market_load_seconds_count{endpoint="book"} 2');
});

test("an answer is kept until the market's data moves on, and no longer than a second", async () => {
  const { asked, read, pass, change } = counted();
  await read(1);
  pass(1000);
  await read(1);
  expect(asked).toHaveLength(1);
  change();
  await read(1);
  expect(asked).toHaveLength(2);
  pass(1001);
  await read(1);
  expect(asked).toHaveLength(3);
});

test("while the market moves, the last answer is given for a moment, and read again behind it", async () => {
  let value = 0;
  const { asked, read, pass, change } = counted(() => ({ kind: "ok", value: (value += 1) }));
  const valueOf = async () => {
    const outcome = await read(1);
    return outcome.kind === "ok" ? outcome.value : undefined;
  };
  expect(await valueOf()).toBe(1);
  change();
  pass(49);
  expect(await valueOf()).toBe(1);
  expect(asked).toHaveLength(1);
  pass(1);
  expect(await Promise.all([valueOf(), valueOf()])).toEqual([1, 1]);
  expect(asked).toHaveLength(2);
  pass(50);
  expect(await valueOf()).toBe(2);
  change();
  pass(100);
  expect(await Promise.all([valueOf(), valueOf()])).toEqual([3, 3]);
  expect(asked).toHaveLength(3);
});

test("what moves on while it is read is read again, and however many ask, once at a time", async () => {
  const { asked, read, pass, change } = counted();
  const first = read(1);
  change();
  await Promise.all([first, read(1), read(1)]);
  expect(asked).toHaveLength(1);
  pass(100);
  await Promise.all([read(1), read(1)]);
  expect(asked).toHaveLength(2);
  await read(1);
  expect(asked).toHaveLength(2);
});

test("what is kept is bounded by its rows", async () => {
  const { asked, read } = counted(() => ({ kind: "ok", value: 90_000 }));
  for (const depth of [1, 2, 3, 3, 1]) await read(depth);
  expect(asked).toEqual([1, 2, 3, 1]);
});

test.each([
  { kind: "refused", code: "REBUILDING" },
  { kind: "failed", failure: "unavailable" },
] as const)("what is no answer is asked again: %p", async (outcome) => {
  const { asked, read } = counted(() => outcome);
  expect(await read(1)).toEqual(outcome);
  await read(1);
  expect(asked).toHaveLength(2);
});
