import { afterEach, expect, test } from "bun:test";

import { isSignedBy } from "@exchange/wallet/bank";
import { z } from "zod";

import type { RunningBank } from "./start-bank.ts";
import { startBank } from "./start-bank.ts";

const API_KEY = "the key of the customer";
const SECRET = "the secret of notices";

interface Opened {
  readonly bank: RunningBank;
  /** Payloads of the notices that came with a good signature. */
  readonly told: string[];
  call(method: string, path: string, init?: CallInit): Promise<{ status: number; text: string }>;
}

interface CallInit {
  readonly body?: object;
  readonly key?: string;
  readonly limitMs?: number;
}

const Notice = z.object({ payload: z.string(), signature: z.string() });

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function open(keyLifeMs = 60_000): Opened {
  const told: string[] = [];
  const listener = Bun.serve({
    port: 0,
    async fetch(request) {
      const { payload, signature } = Notice.parse(await request.json());
      if (isSignedBy(payload, signature, SECRET)) told.push(payload);
      return new Response("{}");
    },
  });
  const bank = startBank({
    port: 0,
    storePath: ":memory:",
    apiKey: API_KEY,
    notices: { url: `http://127.0.0.1:${listener.port}/`, secret: SECRET },
    pace: { payMs: 30, slowMs: 300, lateMs: 200, keyLifeMs },
  });
  closing.push(async () => {
    await bank.stop();
    await listener.stop(true);
  });
  return {
    bank,
    told,
    async call(method, path, { body, key, limitMs = 2000 } = {}) {
      const response = await fetch(`${bank.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${API_KEY}`,
          ...(key !== undefined && { "idempotency-key": key }),
        },
        signal: AbortSignal.timeout(limitMs),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    },
  };
}

function orderTo(destination: string) {
  return { reference: "ref-1", asset: "USD", amount: "12.50", destination };
}

async function countPayments(opened: Opened): Promise<number> {
  const { payments }: { payments: unknown[] } = JSON.parse(
    (await opened.call("GET", "/v1/payments")).text,
  );
  return payments.length;
}

test("a payout is made once under one key, and told of when it is taken and when it is paid", async () => {
  const opened = open();
  const init = { body: orderTo("iban:X"), key: "k-1" };
  const first = await opened.call("POST", "/v1/payouts", init);
  expect(first).toMatchObject({ status: 201, text: expect.stringContaining('"accepted"') });
  await Bun.sleep(200);
  const again = await opened.call("POST", "/v1/payouts", init);
  expect(again).toMatchObject({ status: 200, text: expect.stringContaining('"executed"') });
  expect(await countPayments(opened)).toBe(1);
  expect(opened.told.map((text) => JSON.parse(text).payout.status)).toEqual([
    "accepted",
    "executed",
  ]);
});

test("without a key each call is paid, and so is a call under a key that was forgotten", async () => {
  const opened = open(100);
  const body = orderTo("iban:X");
  for (const key of [undefined, undefined, "k-1", "k-1"]) {
    await opened.call("POST", "/v1/payouts", { body, ...(key !== undefined && { key }) });
  }
  await Bun.sleep(150);
  await opened.call("POST", "/v1/payouts", { body, key: "k-1" });
  await Bun.sleep(150);
  expect(await countPayments(opened)).toBe(4);
});

test("one key for two orders is refused, and a request without the API key too", async () => {
  const opened = open();
  await opened.call("POST", "/v1/payouts", { body: orderTo("iban:X"), key: "k-1" });
  const other = await opened.call("POST", "/v1/payouts", { body: orderTo("iban:Y"), key: "k-1" });
  expect(other.status).toBe(409);
  expect((await fetch(`${opened.bank.url}/v1/payments`)).status).toBe(401);
});

const answers = [
  ["hang", "no answer", 1],
  ["error", "500", 1],
  ["refuse", "422", 0],
  ["return", "201", 0],
  ["mute", "no answer", 1],
  ["lose", "500", 0],
  ["slow", "201", 1],
] as const;

test.each(answers)(
  "%s: the first call gets %s, and %i payments are made",
  async (fault, told, paid) => {
    const opened = open();
    const init = { body: orderTo(`test:${fault}`), key: "k-1", limitMs: 600 };
    const first = await opened.call("POST", "/v1/payouts", init).then(
      ({ status }) => String(status),
      () => "no answer",
    );
    expect(first).toBe(told);
    await Bun.sleep(100);
    expect(await countPayments(opened)).toBe(paid);
  },
);

const tellings = [
  ["told-twice", ["accepted", "accepted", "executed", "executed"]],
  ["told-backwards", ["executed", "accepted"]],
  ["untold", []],
] as const;

test.each(tellings)("%s: its notices come as %p", async (fault, statuses) => {
  const opened = open();
  await opened.call("POST", "/v1/payouts", { body: orderTo(`test:${fault}`), key: "k-1" });
  await Bun.sleep(400);
  expect(opened.told.map((text) => JSON.parse(text).payout.status)).toEqual([...statuses]);
});

test("while it is down nobody answers, and afterwards it knows what it knew", async () => {
  const opened = open();
  const init = { body: orderTo("iban:X"), key: "k-1" };
  const { text } = await opened.call("POST", "/v1/payouts", init);
  await opened.call("POST", "/test/down", { body: { ms: 200 } });
  await Bun.sleep(100);
  await expect(opened.call("GET", "/v1/payments")).rejects.toThrow();
  await Bun.sleep(400);
  const again = await opened.call("POST", "/v1/payouts", init);
  expect(JSON.parse(again.text).payoutId).toBe(JSON.parse(text).payoutId);
});

test("a deposit is told of as often as it takes, always under the same transaction", async () => {
  const opened = open();
  const body = {
    accountId: 7,
    asset: "USD",
    amount: "5",
    transactionId: "t-1",
    faults: ["told-twice"],
  };
  await opened.call("POST", "/test/deposits", { body });
  await Bun.sleep(150);
  expect(opened.told.map((text) => JSON.parse(text).transactionId)).toEqual(["t-1", "t-1"]);
});
