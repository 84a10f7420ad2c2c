import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { deposit, findHold, holdFunds } from "./api.ts";
import type { ScratchWallet } from "./testing/scratch-wallet.ts";
import { openScratchWallet } from "./testing/scratch-wallet.ts";
import { createWalletClient } from "./testing/wallet-client.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

let wallet: ScratchWallet;

beforeAll(async () => {
  wallet = await openScratchWallet();
  await wallet.start({ nowMs: () => Date.now() - 6000, testFunds: false });
});
afterAll(async () => {
  await wallet.remove();
});

test("a wallet whose clock is off the server's refuses holds, and answers everything else", async () => {
  const client = createWalletClient(wallet.scratch.connection);
  expect(await client.ask(holdFunds, { v: 1, holds: [] })).toEqual({
    kind: "refused",
    code: "CLOCK_SKEW",
  });
  const query = { accountId: 1, market: wallet.market.market, clientOrderId: "none" };
  expect(await client.ask(findHold, query)).toEqual({ kind: "ok", value: null });
});

test("without test funds nobody is credited", async () => {
  const client = createWalletClient(wallet.scratch.connection);
  const { base: asset } = wallet.market;
  const body = { accountId: 1, asset, amount: "5", idempotencyKey: "none" };
  expect(await client.ask(deposit, body)).toEqual({ kind: "refused", code: "TEST_FUNDS_OFF" });
});
