/** The guards of withdrawals on a real database: what they are decided by, and what operators do about it. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { sql } from "kysely";

import type { Asker } from "./api.ts";
import { withdraw } from "./api.ts";
import {
  addAddress,
  ADDRESSES_MAX,
  approveWithdrawal,
  listAddresses,
  removeAddress,
  setLimits,
} from "./guards-api.ts";
import { violatedLaws } from "./testing/ledger-laws.ts";
import type { ScratchWallet } from "./testing/scratch-wallet.ts";
import { openScratchWallet } from "./testing/scratch-wallet.ts";
import type { WalletClient } from "./testing/wallet-client.ts";
import { createWalletClient } from "./testing/wallet-client.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const WAIT_MS = 3_600_000;
const operator = { operator: "ada", reason: "because of the test" };
const destination = "iban:XX00";
const refused = (code: string) => ({ kind: "refused", code }) as const;

let wallet: ScratchWallet;
let client: WalletClient;
/** The wallets' clock goes this much ahead. */
let aheadMs = 0;
let asset: string;
let lastAccount = 2000;

const nowMs = (): number => Date.now() + aheadMs;

beforeAll(async () => {
  wallet = await openScratchWallet();
  client = createWalletClient(wallet.scratch.connection);
  asset = wallet.market.base;
  const guards = { addressWaitMs: WAIT_MS, freezeMs: 1, loginAgeMaxMs: WAIT_MS, needsFactor: true };
  await wallet.start({ guards, nowMs });
  await wallet.start({ guards, nowMs });
});

afterAll(async () => {
  const violated = await violatedLaws(wallet.db);
  await wallet.remove();
  expect(violated).toEqual([]);
  expect(wallet.failures).toEqual([]);
});

/** An account with 1,000 units and an address that may be paid to. */
async function opened(): Promise<number> {
  lastAccount += 1;
  await client.deposit(lastAccount, asset, 1000n);
  const wish = { accountId: lastAccount, asset, destination, label: "bank", network: "192.0.2.1" };
  await client.ask(addAddress, wish);
  aheadMs += WAIT_MS;
  return lastAccount;
}

async function ask(accountId: number, amount: string, rest: { key?: string; asker?: Asker } = {}) {
  const asker: Asker = { factor: "passed", loggedInMs: nowMs(), changedMs: 0 };
  const { key = crypto.randomUUID() } = rest;
  const request = { accountId, asset, amount, destination, idempotencyKey: key };
  return await client.ask(withdraw, { ...request, asker: rest.asker ?? asker });
}

test("money goes to an address of the book once it has waited, and no longer once it is removed", async () => {
  const accountId = await opened();
  const wish = { accountId, asset, destination: "iban:XX01", label: "new", network: "192.0.2.1" };
  const added = await client.ask(addAddress, wish);
  expect(await client.ask(addAddress, { ...wish, label: "again" })).toEqual(added);
  const toNew = async () =>
    await client.ask(withdraw, {
      accountId,
      asset,
      amount: "1",
      destination: wish.destination,
      idempotencyKey: crypto.randomUUID(),
      asker: { factor: "passed", changedMs: 0 },
    });
  expect(await toNew()).toEqual(refused("ADDRESS_WAITING"));
  aheadMs += WAIT_MS;
  expect((await toNew()).kind).toBe("ok");
  const listed = await client.ask(listAddresses, { accountId });
  const [address] = listed.kind === "ok" ? listed.value : [];
  const { addressId = "" } = address ?? {};
  expect(await client.ask(removeAddress, { accountId: 1, addressId })).toEqual(
    refused("UNKNOWN_ADDRESS"),
  );
  for (const _ of [1, 2]) {
    expect(await client.ask(removeAddress, { accountId, addressId })).toEqual({
      kind: "ok",
      value: {},
    });
  }
  expect(await toNew()).toEqual(refused("ADDRESS_NOT_IN_BOOK"));
  await client.ask(addAddress, wish);
  expect(await toNew()).toEqual(refused("ADDRESS_WAITING"));
});

test("an address book has only so many addresses, also when they are added at once", async () => {
  const accountId = await opened();
  const replies = await Promise.all(
    Array.from({ length: ADDRESSES_MAX + 5 }, async (_, number) => {
      const wish = { accountId, asset, destination: `iban:${number}` };
      return await client.ask(addAddress, { ...wish, label: "one", network: "192.0.2.1" });
    }),
  );
  const listed = await client.ask(listAddresses, { accountId });
  expect(listed.kind === "ok" ? listed.value : []).toHaveLength(ADDRESSES_MAX);
  const others = replies.filter(({ kind }) => kind !== "ok");
  // One is in the book from the start.
  expect(others).toEqual(Array.from({ length: 6 }, () => refused("TOO_MANY_ADDRESSES")));
});

test("who asks has to be who it says, except for the repeat of what was made", async () => {
  const accountId = await opened();
  const first = await ask(accountId, "10", { key: "once" });
  expect(first.kind).toBe("ok");
  const wrong: Asker = { factor: "wrong", loggedInMs: nowMs(), changedMs: 0 };
  expect(await ask(accountId, "10", { asker: wrong })).toEqual(refused("INVALID_TOTP"));
  expect(await ask(accountId, "10", { asker: wrong, key: "once" })).toEqual(first);
});

test("a day's limit holds for all that is asked at once, and what came back does not count", async () => {
  const accountId = await opened();
  const limit = { asset, dayMax: "100", approvalAbove: "60" };
  expect(await client.ask(setLimits, { ...limit, ...operator })).toMatchObject({
    value: { isDone: true },
  });
  const replies = await Promise.all(Array.from({ length: 8 }, () => ask(accountId, "30")));
  expect(replies.filter(({ kind }) => kind === "ok")).toHaveLength(3);
  expect(await ask(accountId, "11")).toEqual(refused("DAY_LIMIT"));
  aheadMs += 24 * 3_600_000;
  const held = await ask(accountId, "61");
  expect(held).toMatchObject({ value: { state: "HELD" } });
  expect(await ask(accountId, "61")).toEqual(refused("DAY_LIMIT"));
  const withdrawalId = held.kind === "ok" ? held.value.withdrawalId : "";
  const say = async (approve: boolean, by: string) =>
    await client.ask(approveWithdrawal, { ...operator, withdrawalId, approve, operator: by });
  expect(await say(false, "ada")).toMatchObject({ value: { state: "RELEASED" } });
  expect(await client.balances(accountId)).toEqual({ [asset]: ["910", "0"] });
  expect((await ask(accountId, "60")).kind).toBe("ok");
});

test("a large one is paid once two operators have agreed, and one of them cannot be both", async () => {
  const accountId = await opened();
  await client.ask(setLimits, { asset, dayMax: null, approvalAbove: "60", ...operator });
  const held = await ask(accountId, "100");
  const withdrawalId = held.kind === "ok" ? held.value.withdrawalId : "";
  expect(await client.balances(accountId)).toEqual({ [asset]: ["900", "0"] });
  const approve = async (by: string) =>
    await client.ask(approveWithdrawal, { ...operator, withdrawalId, approve: true, operator: by });
  expect(await approve("ada")).toMatchObject({ value: { isDone: true, state: "CONFIRMED" } });
  expect(await approve("Ada")).toMatchObject({ value: { isDone: false } });
  const both = await Promise.all([approve("bob"), approve("eve")]);
  expect(both.filter((reply) => reply.kind === "ok" && reply.value.isDone)).toHaveLength(1);
  const steps = await wallet.db
    .selectFrom("withdrawal_steps")
    .select("state")
    .where("withdrawal_id", "=", withdrawalId)
    .orderBy("step")
    .execute();
  const states = steps.map(({ state }) => state).join(" ");
  expect(states).toBe("REQUESTED HELD CONFIRMED APPROVED RESERVED");
  expect(await client.balances(accountId)).toEqual({ [asset]: ["900", "0"] });
});

test("limits and addresses keep their history", async () => {
  await opened();
  await client.ask(setLimits, { asset, dayMax: null, approvalAbove: null, ...operator });
  for (const change of [
    "update withdrawal_limits set day_max = null",
    "delete from withdrawal_limits",
    "delete from withdrawal_addresses",
  ]) {
    await expect(sql.raw(change).execute(wallet.db)).rejects.toThrow("append-only");
  }
  const bad = await client.ask(setLimits, {
    asset,
    dayMax: "-1",
    approvalAbove: null,
    ...operator,
  });
  expect(bad).toMatchObject({ value: { isDone: false } });
});
