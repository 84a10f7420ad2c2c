import { expect, test } from "bun:test";

import type { ApiKeyGrant, KeyMarketLimits } from "@exchange/identity/api-keys";

import type { Caller } from "../deps.ts";
import { accountSeven } from "../testing/fixture.ts";
import { isBeyondKey, ownerOf } from "./key-limits.ts";

const market = "BTC-USD";

function callerWith(...markets: readonly KeyMarketLimits[]): Caller {
  const key: ApiKeyGrant = {
    keyId: "key-1",
    keyNumber: 77,
    userId: accountSeven.userId,
    accountId: accountSeven.accountId,
    algorithm: "ed25519",
    verifyWith: "",
    scopes: ["trade"],
    networks: [],
    markets,
  };
  return { ...accountSeven, key };
}

test("how many orders of a key may be open is for the engine to count, in each market by itself", () => {
  const caller = callerWith({ market, openOrdersMax: 3 }, { market: "ETH-USD" });
  expect(ownerOf(caller, market)).toEqual({ accountId: 7, keyNumber: 77, keyOrdersMax: 3 });
  expect(ownerOf(caller, "ETH-USD")).toEqual({ accountId: 7, keyNumber: 77 });
  expect(ownerOf(accountSeven, market)).toEqual({ accountId: 7 });
  expect(isBeyondKey(caller, { market, qtyLots: 1, priceTicks: 1 })).toBe(false);
});

test.each([
  ["of another market", { market: "ETH-USD", qtyLots: 1, priceTicks: 1 }],
  ["that is too large", { market, qtyLots: 11, priceTicks: 1 }],
  ["that is worth too much", { market, qtyLots: 10, priceTicks: 11 }],
  ["whose worth cannot be told", { market, qtyLots: 10 }],
  ["that is tied to a session", { market, qtyLots: 1, priceTicks: 1, sessionId: 5 }],
])("an order %s is beyond the key", (_, order) => {
  const caller = callerWith({ market, qtyLotsMax: 10, tickLotsMax: 100 });
  expect(isBeyondKey(caller, { market, qtyLots: 10, priceTicks: 10 })).toBe(false);
  expect(isBeyondKey(caller, order)).toBe(true);
});
