import { expect, setDefaultTimeout, test } from "bun:test";

import { switchWithdrawals, withdraw } from "./api.ts";
import { withTwoWallets } from "./testing/two-wallets.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const wallets = withTwoWallets();

test("while withdrawals are halted none is made, and one that was made is still answered", async () => {
  const { base: asset } = wallets.market;
  const accountId = await wallets.fund(asset, 10n);
  const ask = async (idempotencyKey: string) =>
    await wallets.client.ask(withdraw, {
      accountId,
      asset,
      amount: "4",
      destination: "iban:XX00",
      idempotencyKey,
    });
  const turn = async (halt: boolean, operator = "ada") =>
    await wallets.client.ask(switchWithdrawals, { halt, operator, reason: "to look at it" });

  const first = await ask("first");
  expect(first.kind).toBe("ok");
  expect(await turn(true, "")).toMatchObject({ value: { isDone: false } });
  expect(await turn(true)).toEqual({ kind: "ok", value: { isDone: true } });
  expect(await turn(true)).toMatchObject({ value: { isDone: false } });
  expect(await ask("second")).toEqual({ kind: "refused", code: "WITHDRAWALS_HALTED" });
  expect(await ask("first")).toEqual(first);
  expect(await wallets.client.balances(accountId)).toEqual({ [asset]: ["6", "0"] });
  expect(await turn(false)).toEqual({ kind: "ok", value: { isDone: true } });
  expect((await ask("second")).kind).toBe("ok");
});
