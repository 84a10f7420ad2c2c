import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { violatedLaws } from "./testing/ledger-laws.ts";
import { lockConditions, withdrawInParallel } from "./testing/parallel-withdrawals.ts";
import type { ScratchWallet } from "./testing/scratch-wallet.ts";
import { openScratchWallet } from "./testing/scratch-wallet.ts";

setDefaultTimeout(300_000);

const REQUESTS = 1000;

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
  `${REQUESTS} withdrawals of one balance through two processes, the lock %s: exactly the affordable are made`,
  async (condition) => {
    const outcome = await withdrawInParallel(wallet, { condition, requests: REQUESTS });
    const { affordable } = outcome;
    expect(outcome).toMatchObject({
      made: affordable,
      refused: REQUESTS - affordable,
      available: "29",
      least: "29",
    });
  },
);
