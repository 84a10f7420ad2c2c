import { expect, test } from "bun:test";

import { createAccountBalances } from "./account-balances.ts";

const usd = (version: number, available: string) =>
  ({ asset: "USD", available, held: "0", version }) as const;

test("a change that comes while balances are being read is not lost and not shown early", () => {
  const balances = createAccountBalances();
  const reading = balances.startReading();
  expect(balances.change(usd(5, "7"))).toBe(false);
  expect(balances.contents()).toBeUndefined();
  expect(balances.finishReading(reading, [usd(4, "3")])).toBe(true);
  expect(balances.contents()).toEqual([usd(5, "7")]);
});

test("a change that was made before the balances were read, and came late, does not take them back", () => {
  const balances = createAccountBalances();
  const reading = balances.startReading();
  balances.change(usd(4, "3"));
  balances.finishReading(reading, [usd(5, "7")]);
  expect(balances.change(usd(4, "3"))).toBe(false);
  expect(balances.contents()).toEqual([usd(5, "7")]);
});

test("an older change never replaces a newer one", () => {
  const balances = createAccountBalances();
  balances.finishReading(balances.startReading(), []);
  expect(balances.change(usd(2, "2"))).toBe(true);
  expect(balances.change(usd(1, "1"))).toBe(false);
  expect(balances.change(usd(2, "2"))).toBe(false);
  expect(balances.change(usd(3, "3"))).toBe(true);
  expect(balances.contents()).toEqual([usd(3, "3")]);
});

test("only the reading that was started last counts", () => {
  const balances = createAccountBalances();
  const first = balances.startReading();
  const second = balances.startReading();
  expect(balances.finishReading(first, [usd(1, "1")])).toBe(false);
  expect(balances.contents()).toBeUndefined();
  expect(balances.finishReading(second, [usd(2, "2")])).toBe(true);
  expect(balances.contents()).toEqual([usd(2, "2")]);
});
