import { expect, test } from "bun:test";

import { CLIENT_ORDER_ID_PATTERN } from "@exchange/streams/contract";

import type { PlaceRequest } from "./api.ts";
import { mintAttempt, mintClientOrderId, requestHash } from "./request-hash.ts";

const request: PlaceRequest = {
  accountId: 1,
  market: "BTC-USD",
  clientOrderId: "a",
  side: "buy",
  type: "market",
  timeInForce: "IOC",
  postOnly: false,
  sizing: "quantity",
  qtyLots: 10,
  respondAsync: false,
};

test("a repeat hashes alike, however its answer is wanted", () => {
  expect(requestHash({ ...request, respondAsync: true })).toBe(requestHash(request));
  expect(requestHash(request)).toMatch(/^[0-9a-f]{64}$/);
});

test("every field the client chose makes another order", () => {
  const others: PlaceRequest[] = [
    { ...request, side: "sell" },
    { ...request, type: "limit" },
    { ...request, timeInForce: "FOK" },
    { ...request, postOnly: true },
    { ...request, sizing: "budget" },
    { ...request, qtyLots: 11 },
    { ...request, priceTicks: 10 },
    { ...request, budget: 10 },
  ];
  const hashes = [request, ...others].map(requestHash);
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("minted ids are what clients may use themselves, and never the same", () => {
  const ids = Array.from({ length: 1000 }, mintClientOrderId);
  expect(ids.every((id) => CLIENT_ORDER_ID_PATTERN.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(mintAttempt()).toMatch(/^[0-9a-f]{32}$/);
});
