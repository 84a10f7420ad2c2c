import { expect, setDefaultTimeout, test } from "bun:test";

import { until } from "@exchange/streams/testing";
import { switchWithdrawals, withdraw } from "@exchange/wallet/api";
import { createWalletClient } from "@exchange/wallet/testing/live";

import { openBankWorld } from "./testing/bank-world.ts";

setDefaultTimeout(60_000);

const DOWN_MS = 1000;
const SEVERAL_POLLS_MS = 1500;

test("while withdrawals are halted the bank is asked for no payout, and afterwards it is again", async () => {
  const world = await openBankWorld();
  const wallet = await world.startWallet("wallet-1");
  try {
    const { base: asset } = world.market;
    const client = createWalletClient(world.connection);
    const turn = async (halt: boolean) =>
      await client.ask(switchWithdrawals, { halt, operator: "ada", reason: "to look at it" });
    const row = async () =>
      await world.db
        .selectFrom("withdrawals")
        .select(["attempt", "state"])
        .executeTakeFirstOrThrow();
    await client.deposit(1, asset, 100n);
    await world.order("/test/down", { ms: DOWN_MS });
    const request = { accountId: 1, asset, amount: "100", destination: "test:untold" };
    await client.ask(withdraw, { ...request, idempotencyKey: "one" });
    await turn(true);
    const halted = await row();
    await Bun.sleep(SEVERAL_POLLS_MS);
    expect((await row()).attempt).toBe(halted.attempt);
    await turn(false);
    await until(async () => ["SETTLED", "MANUAL"].includes((await row()).state), 20_000);
  } finally {
    await wallet.kill();
    await world.remove();
  }
});
