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
  const elsewhere: PlaceRequest = { ...request, respondAsync: true, sessionId: 7 };
  expect(requestHash(elsewhere)).toBe(requestHash(request));
  expect(requestHash(request)).toMatch(/^[0-9a-f]{64}$/);
});

test("a plain order hashes as it did before orders had more terms", () => {
  const hash = "d66d0b02";
  expect(requestHash(request).slice(0, 8)).toBe(hash);
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
    { ...request, triggerTicks: 10 },
    { ...request, trailingOffsetTicks: 10 },
    { ...request, displayLots: 10 },
    { ...request, expireTimeMs: 10 },
    { ...request, postOnlySlide: true },
    { ...request, selfTradePrevention: "none" },
    { ...request, selfTradePrevention: "cancel-both" },
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
