import { afterAll, expect, test } from "bun:test";

import type { StatementEntry, StatementPage, StatementRequest } from "@exchange/wallet/api";
import { z } from "zod";

import type { ServiceOutcome } from "../deps.ts";
import { StatementView } from "../schemas/statement.ts";
import { createFixture, TOKEN } from "../testing/fixture.ts";

const ENTRIES = 25;
const PAGE = 10;

const entries = Array.from({ length: ENTRIES }, (_, index): StatementEntry => {
  const isHold = index % 2 === 1;
  return {
    timeMs: 1000 + index,
    transactionId: 7 * index,
    line: 0,
    reason: isHold ? "hold" : "deposit",
    reference: String(index),
    asset: "USD",
    availableChange: isHold ? "-10000000000" : "25000000000",
    heldChange: isHold ? "10000000000" : "0",
    available: "25000000000",
    held: "0",
  };
});

type Read = (request: StatementRequest) => ServiceOutcome<StatementPage>;

/** Where the wallet says that the account's entries end. */
const END_MS = 1000 + ENTRIES;

const readPage: Read = ({ fromMs, toMs, after }) => {
  const within = entries.filter(
    ({ timeMs }) => timeMs >= fromMs && timeMs < toMs && timeMs > (after?.timeMs ?? 0),
  );
  return { kind: "ok", value: { entries: within.slice(0, PAGE), toMs: Math.min(toMs, END_MS) } };
};

function createGateway(read: Read = readPage) {
  const asked: StatementRequest[] = [];
  const fixture = createFixture({
    services: {
      readStatement: async (request) => {
        asked.push(request);
        return await Promise.resolve(read(request));
      },
    },
  });
  return { ...fixture, asked };
}

test("a statement has every entry of the account, and what they add up to", async () => {
  const { ask, asked } = createGateway();
  const response = await ask("GET", "/v1/statements");
  expect(response.headers.get("content-type")).toBe("application/json");
  const view = StatementView.parse(await response.json());
  expect(view.entries.map(({ timeMs }) => timeMs)).toEqual(entries.map(({ timeMs }) => timeMs));
  expect(view.entries[1]).toMatchObject({ id: "7-0", availableChange: "-1", heldChange: "1" });
  expect(view.sums).toEqual([{ asset: "USD", availableChange: "20.5", heldChange: "12" }]);
  expect(asked.every(({ accountId }) => accountId === 7)).toBe(true);
  expect(asked.map(({ toMs }) => toMs)).toEqual([
    Number.MAX_SAFE_INTEGER,
    ...asked.slice(1).map(() => END_MS),
  ]);
  expect(asked).toHaveLength(4);
});

test("as CSV it has a line an entry", async () => {
  const response = await createGateway().ask("GET", "/v1/statements?format=csv");
  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  const lines = (await response.text()).split("\r\n");
  expect(lines).toHaveLength(ENTRIES + 2);
  expect(lines[0]).toBe(
    "id,timeMs,reason,reference,asset,availableChange,heldChange,available,held",
  );
  expect(lines[2]).toBe("7-0,1001,hold,1,USD,-1,1,2.5,0");
});

test("a range begins at from and ends before to", async () => {
  const response = await createGateway().ask("GET", "/v1/statements?from=1003&to=1005");
  const view = StatementView.parse(await response.json());
  expect(view.entries.map(({ timeMs }) => timeMs)).toEqual([1003, 1004]);
});

test("an empty range is an empty statement", async () => {
  const response = await createGateway().ask("GET", "/v1/statements?from=5000");
  expect(await response.json()).toEqual({ entries: [], sums: [] });
});

test("no page is read before somebody takes the one before it", async () => {
  const { ask, asked } = createGateway();
  const response = await ask("GET", "/v1/statements?format=csv");
  await Bun.sleep(5);
  expect(asked).toHaveLength(1);
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.read();
  expect(asked).toHaveLength(1);
  await reader?.read();
  expect(asked).toHaveLength(2);
  await reader?.cancel();
});

test("a ledger that is away at the start is a problem with its status", async () => {
  const { ask } = createGateway(() => ({ kind: "failed", failure: "unavailable" }));
  const response = await ask("GET", "/v1/statements");
  expect(response.status).toBe(503);
  expect(z.object({ code: z.string() }).parse(await response.json()).code).toBe("UNAVAILABLE");
});

const breaking = createGateway((request) =>
  request.after === undefined ? readPage(request) : { kind: "failed", failure: "unavailable" },
);
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: async (request) => await breaking.app.fetch(request, { clientAddress: () => "192.0.2.1" }),
});
afterAll(async () => await server.stop(true));

test("a statement that cannot go on breaks off, so that nobody takes it for a whole one", async () => {
  const url = `http://127.0.0.1:${server.port}/v1/statements`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(response.status).toBe(200);
  const text = await response.text().catch(() => "broken off");
  expect(text).toBe("broken off");
}, 30_000);
