/** Account ids on a real database: a collision is drawn again. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { inTransaction } from "@exchange/store";

import { openAccount } from "./sign-up.ts";
import { openScratchIdentity, type ScratchIdentity } from "./testing/scratch-identity.ts";

const owner = { userId: "owner", nowS: 1 };
let scratch: ScratchIdentity;

beforeAll(async () => {
  scratch = await openScratchIdentity();
  await scratch.db
    .insertInto("users")
    .values({ user_id: "owner", email: "owner@example.com", password_hash: "x", created_s: 1 })
    .execute();
});
afterAll(async () => {
  await scratch.remove();
});

async function openWith(draws: number[]): Promise<number> {
  return await inTransaction(scratch.db, (tx) => openAccount(tx, owner, () => draws.shift() ?? 0));
}

test("an account id that is taken is drawn again, and a user may have several accounts", async () => {
  expect(await openWith([7])).toBe(7);
  expect(await openWith([7, 7, 9_007_199_254_740_991])).toBe(9_007_199_254_740_991);
});

test("an account id that is no positive safe integer is refused by the table itself", async () => {
  await expect(openWith([0])).rejects.toThrow();
  await expect(openWith([2 ** 53])).rejects.toThrow();
});
