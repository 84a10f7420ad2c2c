/** Asking for holds over a real connection, of a wallet that fails in every way a process can. */

import { afterEach, beforeEach, expect, test } from "bun:test";

import { decodeJson, encodeJson, subject } from "@exchange/streams";
import type { HoldBatch, HoldRequest } from "@exchange/streams/contract";
import { connectNats } from "@exchange/streams/runtime";
import { readTestServer } from "@exchange/streams/testing";
import type { Msg, NatsConnection } from "nats";

import type { HoldFunds } from "./hold-funds.ts";
import { createHoldFunds } from "./hold-funds.ts";
import { mintAttempt } from "./request-hash.ts";

let connection: NatsConnection;
let holdFunds: HoldFunds;
let batches: HoldBatch[] = [];
let retries = 0;

beforeEach(async () => {
  connection = await connectNats({ ...readTestServer(), name: "order-test" });
  batches = [];
  retries = 0;
  holdFunds = createHoldFunds({
    connection,
    onRetry: () => {
      retries += 1;
    },
    onBatch: () => undefined,
  });
});
afterEach(async () => await connection.close());

/** Answers each message in the way of its turn; the last way stays. */
function wallet(...ways: ((message: Msg, batch: HoldBatch) => void)[]): void {
  connection.subscribe(subject.request("wallet", "hold"), {
    callback(_, message) {
      const batch = decodeJson<HoldBatch>(message.data);
      const way = ways[Math.min(batches.length, ways.length - 1)];
      batches.push(batch);
      way?.(message, batch);
    },
  });
}

const silent = (): void => undefined;

function breaks(message: Msg): void {
  message.respond(encodeJson({ kind: "ok", value: { v: 1, decisions: [] } }));
}

function refuses(message: Msg): void {
  message.respond(encodeJson({ kind: "refused", code: "CLOCK_SKEW" }));
}

function holds(message: Msg, batch: HoldBatch): void {
  const decisions = batch.holds.map(({ amount }) => ({
    kind: "held",
    holdId: Number(amount),
    deadlineMs: 1,
  }));
  message.respond(encodeJson({ kind: "ok", value: { v: 1, decisions } }));
}

function hold(amount: number): { hold: HoldRequest; traceparent: undefined } {
  return {
    hold: {
      accountId: 1,
      market: "BTC-USD",
      clientOrderId: `order-${amount}`,
      requestHash: "00",
      attempt: mintAttempt(),
      asset: "USD",
      amount: String(amount),
    },
    traceparent: undefined,
  };
}

test("an unknown outcome is asked again with the same attempt", async () => {
  wallet(silent, holds);
  expect(await holdFunds(hold(5))).toEqual({ kind: "held", holdId: 5, deadlineMs: 1 });
  expect(retries).toBe(1);
  expect(batches).toHaveLength(2);
  expect(batches[1]).toEqual(batches[0]);
});

test("a wallet that never answers leaves the outcome unknown, and it is never asked about again", async () => {
  wallet(silent);
  expect(await holdFunds(hold(5))).toEqual({ kind: "unknown" });
  const asked = batches.length;
  expect(asked).toBeGreaterThan(1);
  await Bun.sleep(200);
  expect(batches).toHaveLength(asked);
});

test("where nobody listened all the time nothing is held", async () => {
  expect(await holdFunds(hold(5))).toEqual({ kind: "declined", code: "UNAVAILABLE" });
  expect(retries).toBeGreaterThan(10);
});

test("a refused batch is refused for everybody in it, with the wallet's code", async () => {
  wallet(refuses);
  const outcomes = await Promise.all([holdFunds(hold(1)), holdFunds(hold(2))]);
  expect(outcomes).toEqual([
    { kind: "declined", code: "CLOCK_SKEW" },
    { kind: "declined", code: "CLOCK_SKEW" },
  ]);
});

test("a refusal after a message that may have arrived leaves the outcome unknown", async () => {
  wallet(silent, refuses);
  expect(await holdFunds(hold(5))).toEqual({ kind: "unknown" });
  expect(batches).toHaveLength(2);
});

test("what waits goes in one message, at most 256, each decision to its own request", async () => {
  wallet(holds);
  const amounts = Array.from({ length: 600 }, (_, index) => index + 1);
  const outcomes = await Promise.all(amounts.map((amount) => holdFunds(hold(amount))));
  expect(outcomes.map((outcome) => ("holdId" in outcome ? outcome.holdId : 0))).toEqual(amounts);
  expect(batches.map((batch) => batch.holds.length)).toEqual([256, 256, 88]);
});

test("decisions that do not match the requests are taken for nobody's", async () => {
  wallet(breaks);
  await expect(holdFunds(hold(1))).rejects.toThrow("got 0 answers");
});
