import { expect, test } from "bun:test";

import { countFrom } from "./id-blocks.ts";
import type { Change, LedgerBalance, Owner } from "./ledger.ts";
import { changedBalances, compareBalanceKeys, createLedger, post } from "./ledger.ts";

function balance(owner: Owner, available: bigint, asset = "USD"): LedgerBalance {
  return { owner, asset, available, held: 0n, version: 3, storedVersion: 3 };
}

function posting(...changes: Change[]) {
  const ledger = createLedger(
    changes.map((change) => change.balance),
    countFrom(1),
  );
  post(ledger, { reason: "deposit", reference: "one", timeMs: 1, changes });
  return ledger;
}

test("changes that do not sum to zero in each asset are refused", () => {
  const dollars = { balance: balance(1, 10n), available: 5n, held: 0n };
  const coins = { balance: balance("custody", 0n, "BTC"), available: -5n, held: 0n };
  expect(() => posting(dollars, coins)).toThrow("the changes of one leave 5 of USD");
});

test("custody alone may be negative", () => {
  const user = { balance: balance(1, 0n), available: 5n, held: 0n };
  const custody = { balance: balance("custody", 0n), available: -5n, held: 0n };
  expect(posting(user, custody).postings).toHaveLength(2);
  const fees = { balance: balance("fees.BTC-USD", 0n), available: -5n, held: 0n };
  expect(() => posting(user, fees)).toThrow("takes fees.BTC-USD/USD below zero");
  const overdrawn = { balance: balance(1, 4n), available: -5n, held: 5n };
  expect(() => posting(overdrawn)).toThrow("takes 1/USD below zero");
});

test("each line carries the balance and the version it leads to, and what does not move has no line", () => {
  const mine = balance(1, 10n);
  const ledger = posting(
    { balance: mine, available: -4n, held: 4n },
    { balance: balance(2, 1n), available: 0n, held: 0n },
  );
  expect(ledger.postings).toEqual([
    {
      transactionId: 1,
      line: 0,
      owner: 1,
      asset: "USD",
      version: 4,
      reason: "deposit",
      reference: "one",
      availableChange: -4n,
      heldChange: 4n,
      availableAfter: 6n,
      heldAfter: 4n,
      timeMs: 1,
    },
  ]);
  expect(changedBalances(ledger)).toEqual([mine]);
});

test("balances are locked by account, then asset, and the house comes last", () => {
  const keys = [
    { owner: "in-flight", asset: "USD" },
    { owner: 10, asset: "BTC" },
    { owner: "custody", asset: "USD" },
    { owner: 9, asset: "USD" },
    { owner: 9, asset: "BTC" },
  ] as const;
  const sorted = [...keys].toSorted(compareBalanceKeys);
  expect(sorted.map(({ owner, asset }) => `${owner}/${asset}`)).toEqual([
    "9/BTC",
    "9/USD",
    "10/BTC",
    "custody/USD",
    "in-flight/USD",
  ]);
});
