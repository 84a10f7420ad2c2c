/** An account's transactions in one order, whatever their ids and times: each balance goes through its own versions. */

import { expect, test } from "bun:test";

import fc from "fast-check";

import type { AccountEntry } from "./account-order.ts";
import { orderTransactions, upTo } from "./account-order.ts";
import { momentOfRecord, momentOfTransaction, parsePoint } from "./moment.ts";
import { balancesAfter } from "./read-ledger.ts";

const MARKET = "BTC-USD";
const ASSETS = ["BTC", "ETH", "USD"] as const;

const Step = fc.record({
  /** What it moves; the same asset may have two lines. */
  moves: fc.array(
    fc.record({
      asset: fc.constantFrom(...ASSETS),
      available: fc.bigInt(-50n, 50n),
      held: fc.bigInt(-50n, 50n),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  /** Ids come from the blocks of several wallets, and clocks differ. */
  wallet: fc.integer({ min: 0, max: 2 }),
  lateMs: fc.integer({ min: -40, max: 40 }),
  /** Whether an event of the market is behind it. */
  isOfMarket: fc.boolean(),
});

interface Played {
  readonly entries: AccountEntry[];
  /** The transactions in the order in which they were committed. */
  readonly committed: readonly number[];
}

function play(
  steps: readonly (typeof Step extends fc.Arbitrary<infer One> ? One : never)[],
): Played {
  const entries: AccountEntry[] = [];
  const committed: number[] = [];
  const now = new Map<string, { version: number; available: bigint; held: bigint }>();
  let record = 1;
  for (const [at, { moves, wallet, lateMs, isOfMarket }] of steps.entries()) {
    const transactionId = wallet * 1000 + at + 1;
    committed.push(transactionId);
    if (isOfMarket) record += 1;
    const reference = isOfMarket ? `${MARKET}:${record * 1024}-0` : String(transactionId);
    for (const [line, { asset, available, held }] of moves.entries()) {
      const before = now.get(asset) ?? { version: 0, available: 0n, held: 0n };
      const after = {
        version: before.version + 1,
        available: before.available + available,
        held: before.held + held,
      };
      now.set(asset, after);
      entries.push({
        transactionId,
        line,
        asset,
        version: after.version,
        timeMs: at * 20 + lateMs,
        reason: "trade",
        reference,
        availableChange: available,
        heldChange: held,
        availableAfter: after.available,
        heldAfter: after.held,
      });
    }
  }
  return { entries, committed };
}

const Steps = fc.array(Step, { minLength: 1, maxLength: 25 });

test("at every point a balance is the sum of the entries up to there, and what its last one says", () => {
  fc.assert(
    fc.property(Steps, (steps) => {
      const { entries, committed } = play(steps);
      const ordered = orderTransactions(entries.toReversed());
      expect(new Set(ordered.map(({ transactionId }) => transactionId))).toEqual(
        new Set(committed),
      );
      for (let end = 0; end <= ordered.length; end += 1) {
        const upToThere = ordered.slice(0, end);
        const sums = new Map<string, { available: bigint; held: bigint; version: number }>();
        for (const one of upToThere.flatMap((transaction) => transaction.entries)) {
          const sum = sums.get(one.asset) ?? { available: 0n, held: 0n, version: 0 };
          sums.set(one.asset, {
            available: sum.available + one.availableChange,
            held: sum.held + one.heldChange,
            version: sum.version + 1,
          });
        }
        expect(balancesAfter(upToThere)).toEqual(
          [...sums]
            .map(([asset, sum]) => ({ asset, ...sum }))
            .toSorted((left, right) => (left.asset < right.asset ? -1 : 1)),
        );
      }
    }),
  );
});

test("as of a record all of the market's entries up to it are in, and none that is later", () => {
  fc.assert(
    fc.property(Steps, fc.integer({ min: 1, max: 30 }), (steps, sequence) => {
      const ordered = orderTransactions(play(steps).entries);
      const moment = momentOfRecord({ market: MARKET, sequence, timeMs: sequence * 20 });
      const taken = new Set(upTo(ordered, moment));
      for (const transaction of ordered) {
        const [, record] = /:(\d+)-/.exec(transaction.entries[0]?.reference ?? "") ?? [];
        if (record === undefined) continue;
        expect(taken.has(transaction)).toBe(Number(record) / 1024 <= sequence);
      }
      const next = momentOfRecord({
        market: MARKET,
        sequence: sequence + 1,
        timeMs: sequence * 20 + 20,
      });
      expect(upTo(ordered, next).length).toBeGreaterThanOrEqual(taken.size);
    }),
  );
});

test("as of one of its transactions an account ends with it", () => {
  fc.assert(
    fc.property(Steps, fc.nat(), (steps, pick) => {
      const ordered = orderTransactions(play(steps).entries);
      const wanted = ordered[pick % ordered.length];
      if (wanted === undefined) throw new Error("there is one");
      const { transactionId, timeMs } = wanted;
      const moment = momentOfTransaction({ transactionId, timeMs, isOfAccount: true });
      expect(upTo(ordered, moment).at(-1)).toBe(wanted);
    }),
  );
});

test("balances that contradict each other stop it", () => {
  const [one, other] = play([
    {
      moves: [
        { asset: "BTC", available: 1n, held: 0n },
        { asset: "USD", available: 1n, held: 0n },
      ],
      wallet: 0,
      lateMs: 0,
      isOfMarket: true,
    },
    {
      moves: [
        { asset: "BTC", available: 1n, held: 0n },
        { asset: "USD", available: 1n, held: 0n },
      ],
      wallet: 0,
      lateMs: 0,
      isOfMarket: true,
    },
  ]).entries.reduce<AccountEntry[][]>((groups, entry) => {
    (groups[entry.transactionId - 1] ??= []).push(entry);
    return groups;
  }, []);
  const turned = (other ?? []).map((entry) =>
    entry.asset === "USD" ? { ...entry, version: 0 } : entry,
  );
  expect(() => orderTransactions([...(one ?? []), ...turned])).toThrow("contradict");
});

function soloEntry(place: number, reason: string, reference: string): AccountEntry {
  return {
    transactionId: place,
    line: 0,
    asset: "BTC",
    version: place,
    timeMs: 10 * place,
    reason,
    reference,
    availableChange: 1n,
    heldChange: 0n,
    availableAfter: BigInt(place),
    heldAfter: 0n,
  };
}

test("a reversal stands where it was made, not where the trade does that it is named by", () => {
  const ordered = orderTransactions([
    soloEntry(1, "trade", `${MARKET}:2048-1`),
    soloEntry(2, "trade", `${MARKET}:4096-1`),
    soloEntry(3, "reversal", `${MARKET}:2048-1`),
  ]);
  expect(ordered.map(({ transactionId }) => transactionId)).toEqual([1, 2, 3]);
  const after = upTo(ordered, momentOfRecord({ market: MARKET, sequence: 4, timeMs: 20 }));
  expect(after).toHaveLength(2);
});

test.each([
  ["BTC-USD:5", { kind: "record", market: "BTC-USD", sequence: 5 }],
  ["17", { kind: "transaction", transactionId: 17 }],
  ["0", undefined],
  ["-1", undefined],
  ["BTC-USD", undefined],
  ["BTC-USD:0", undefined],
  ["BTC-USD:5:6", undefined],
  ["1e3", undefined],
  ["", undefined],
] as const)("the point %p", (text, point) => {
  expect(parsePoint(text)).toEqual(point);
});
