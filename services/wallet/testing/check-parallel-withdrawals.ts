/** What must be true however many withdrawals want one balance: the tests of the short and of the long run. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { violatedLaws } from "./ledger-laws.ts";
import { lockConditions, withdrawInParallel } from "./parallel-withdrawals.ts";
import type { ScratchWallet } from "./scratch-wallet.ts";
import { openScratchWallet } from "./scratch-wallet.ts";

export function checkParallelWithdrawals(requests: number): void {
  let wallet: ScratchWallet;

  beforeAll(async () => {
    wallet = await openScratchWallet();
  });
  afterAll(async () => {
    const violated = await violatedLaws(wallet.db);
    await wallet.remove();
    expect(violated).toEqual([]);
  });

  test.each(lockConditions)(
    `${requests} withdrawals of one balance through two processes, the lock %s: exactly the affordable are made`,
    async (condition) => {
      const outcome = await withdrawInParallel(wallet, { condition, requests });
      const { affordable } = outcome;
      expect(outcome).toMatchObject({
        made: affordable,
        refused: requests - affordable,
        available: "29",
        least: "29",
      });
      if (condition === "off") expect(outcome.locked).toBe(0);
      else expect(outcome.locked).toBeGreaterThan(0);
    },
  );
}
