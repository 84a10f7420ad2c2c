import { expect, test } from "bun:test";

import type { StoredPosting } from "./bad-posting.ts";
import { BadPostingSearch } from "./bad-posting.ts";

/** `[transaction, owner, version, change, after]`: of one asset, nothing held. */
type Line = readonly [number, string, number, number, number];

function find(lines: readonly Line[], balances: readonly (readonly [string, number, number])[]) {
  const search = new BadPostingSearch();
  for (const [index, line] of lines.entries()) search.take(posting(line, index));
  return search.finish(
    balances.map(([owner, version, available]) => ({
      ...ownerOf(owner),
      asset: "USD",
      version: String(version),
      available: String(available),
      held: "0",
    })),
  );
}

function posting([transaction, owner, version, change, after]: Line, line: number): StoredPosting {
  return {
    transaction_id: String(transaction),
    line,
    ...ownerOf(owner),
    asset: "USD",
    version: String(version),
    available_change: String(change),
    held_change: "0",
    available_after: String(after),
    held_after: "0",
  };
}

function ownerOf(owner: string) {
  const isHouse = owner === "custody";
  return { account_id: isHouse ? null : owner, house_account: isHouse ? owner : null };
}

const deposit: readonly Line[] = [
  [1, "7", 1, 5, 5],
  [1, "custody", 1, -5, -5],
];

test("a ledger that is whole has no bad posting", () => {
  const lines: readonly Line[] = [...deposit, [2, "7", 2, -1, 4], [2, "8", 1, 1, 1]];
  const balances = [
    ["7", 2, 4],
    ["8", 1, 1],
    ["custody", 1, -5],
  ] as const;
  expect(find(lines, balances)).toBeUndefined();
});

test("entries of a balance need not come in its order, as two wallets number theirs apart", () => {
  const lines: readonly Line[] = [
    ...deposit,
    [2, "7", 3, -2, 2],
    [2, "8", 2, 2, 3],
    [900, "7", 2, -1, 4],
    [900, "8", 1, 1, 1],
  ];
  expect(find(lines, [["7", 3, 2]])).toBeUndefined();
});

test("the first transaction that does not sum to zero is named", () => {
  const lines: readonly Line[] = [...deposit, [2, "7", 2, 3, 8], [3, "8", 1, 9, 9]];
  expect(find(lines, [])).toEqual({ transactionId: 2, what: "transaction 2 leaves 3 of USD" });
});

test("a posting that does not follow the one before of its balance is named", () => {
  const lines: readonly Line[] = [...deposit, [2, "7", 2, -1, 3], [2, "8", 1, 1, 1]];
  expect(find(lines, [])?.what).toBe("posting 2-2 does not follow the one before of 7/USD");
});

test("a balance that was changed without a posting is told by its last one", () => {
  const bad = find(deposit, [
    ["custody", 1, -5],
    ["7", 1, 6],
  ]);
  expect(bad).toEqual({
    transactionId: 1,
    what: "balance 7/USD is 6 and 0, its postings lead to 5 and 0",
  });
});

test("a balance from nowhere is told though no posting made it", () => {
  expect(find([], [["9", 0, 100]])?.transactionId).toBeUndefined();
  expect(find([], [["9", 0, 100]])?.what).toContain("balance 9/USD is 100");
});
