/** Processes killed under load: no order twice, none lost that was acknowledged, no hold left over. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { holdAmount, holdAsset } from "@exchange/streams/contract";
import type { AccountId } from "@exchange/streams/contract";
import type { ServiceProcess } from "@exchange/streams/testing";

import { cancelOrder, readOrder } from "./api.ts";
import { mintAttempt, requestHash } from "./request-hash.ts";
import type { TestExchange } from "./testing/exchange.ts";
import { codeOf, eventually, limitOrder, openTestExchange, valueOf } from "./testing/exchange.ts";
import { projectionOfLog, projectionOfTables } from "./testing/read-log.ts";
import { findHold, holdFunds } from "./wallet-endpoints.ts";

const CLIENTS = 12;
const LOAD_MS = 12_000;
/** A hold's thirty seconds, and the wallet's ticks after it. */
const EXPIRY_LIMIT_MS = 60_000;

let exchange: TestExchange;

beforeAll(async () => {
  exchange = await openTestExchange();
}, 30_000);
afterAll(async () => await exchange.remove());

interface Sent {
  readonly accountId: AccountId;
  readonly clientOrderId: string;
  /** The id that an answer named, if any did. */
  acknowledged: number | undefined;
}

/** Sends orders that trade with one another, each until some answer names what became of it. */
async function trade(accountId: AccountId, untilMs: number): Promise<Sent[]> {
  const sent: Sent[] = [];
  while (performance.now() < untilMs) {
    const one: Sent = {
      accountId,
      clientOrderId: `order-${sent.length}`,
      acknowledged: undefined,
    };
    sent.push(one);
    await sendUntilAnswered(one, sent.length % 2 === 0 ? "buy" : "sell");
  }
  return sent;
}

async function sendUntilAnswered(one: Sent, side: "buy" | "sell"): Promise<void> {
  const { accountId, clientOrderId } = one;
  await eventually(
    async () => {
      const wish = { clientOrderId, side, qtyLots: 3 };
      const reply = await exchange.place(accountId, wish, 1500).catch(() => undefined);
      if (reply?.kind !== "ok") return false;
      one.acknowledged = reply.value.order.orderId;
      return true;
    },
    (answered) => answered,
    20_000,
  );
}

/** Kills and restarts one process after the other. */
async function disturb(
  victims: { process: ServiceProcess; readonly start: () => Promise<ServiceProcess> }[],
  untilMs: number,
): Promise<number> {
  let kills = 0;
  while (performance.now() < untilMs) {
    const victim = victims[kills % victims.length];
    if (victim === undefined) break;
    await Bun.sleep(200 + Math.random() * 600);
    await victim.process.kill();
    victim.process = await victim.start();
    kills += 1;
  }
  return kills;
}

/** A hold whose order process died before it could append. */
async function holdAndDie(accountId: AccountId, clientOrderId: string): Promise<void> {
  const { market } = exchange;
  const request = limitOrder(accountId, market, { clientOrderId });
  const { decisions } = valueOf(
    await exchange.ask(holdFunds, {
      v: 1,
      holds: [
        {
          accountId,
          market: market.market,
          clientOrderId,
          requestHash: requestHash(request),
          attempt: mintAttempt(),
          asset: holdAsset(market, request.side),
          amount: holdAmount(market, request.side, 1000).toString(),
        },
      ],
    }),
  );
  expect(decisions).toMatchObject([{ kind: "held" }]);
}

test("under kill -9 of every process each order is placed once or never", async () => {
  const { market, scratch, db } = exchange;
  const victims = [
    { process: await exchange.startWallet(), start: exchange.startWallet },
    { process: await exchange.startOrder(), start: exchange.startOrder },
    { process: await exchange.startEngine(), start: exchange.startEngine },
    { process: await exchange.startOrder(), start: exchange.startOrder },
  ];
  const orphan = { accountId: await exchange.fund(), clientOrderId: "orphan" };
  await holdAndDie(orphan.accountId, orphan.clientOrderId);

  const accountIds = await Promise.all(Array.from({ length: CLIENTS }, () => exchange.fund()));
  const untilMs = performance.now() + LOAD_MS;
  const [kills, ...loads] = await Promise.all([
    disturb(victims, untilMs),
    ...accountIds.map((accountId) => trade(accountId, untilMs)),
  ]);
  const sent = loads.flat();
  expect(kills).toBeGreaterThan(3);

  const order = { market: market.market, clientOrderId: orphan.clientOrderId };
  await eventually(
    async () => codeOf(await exchange.place(orphan.accountId, { clientOrderId: "orphan" })),
    (code) => code === "ORDER_EXPIRED",
    EXPIRY_LIMIT_MS,
  );
  const query = { accountId: orphan.accountId, order };
  expect(codeOf(await exchange.ask(readOrder, query))).toBe("ORDER_EXPIRED");
  expect(codeOf(await exchange.ask(cancelOrder, query))).toBe("ORDER_DONE");

  const placed = new Map<string, number>();
  for (const { accountId, clientOrderId } of await exchange.placements()) {
    const key = `${accountId}:${clientOrderId}`;
    placed.set(key, (placed.get(key) ?? 0) + 1);
  }
  expect([...placed.values()].every((times) => times === 1)).toBe(true);
  expect(placed.has(`${orphan.accountId}:orphan`)).toBe(false);

  const ends = await Promise.all(sent.map((one) => endOf(one)));
  for (const [index, { accountId, clientOrderId, acknowledged }] of sent.entries()) {
    const end = ends[index];
    const wasPlaced = placed.has(`${accountId}:${clientOrderId}`);
    expect({ clientOrderId, end }).not.toMatchObject({ end: "PENDING" });
    if (acknowledged !== undefined) expect(wasPlaced).toBe(true);
    if (!wasPlaced) expect(end).toBe("VOID");
  }
  const expected = await projectionOfLog(scratch, market);
  await eventually(
    async () => await projectionOfTables(db, market),
    (tables) => Bun.deepEquals(tables, expected),
  );
  expect(expected.fills.length).toBeGreaterThan(0);
}, 150_000);

/** The hold's state once it is not pending any more. */
async function endOf({ accountId, clientOrderId }: Sent): Promise<string | undefined> {
  const hold = await eventually(
    async () => {
      const query = { accountId, market: exchange.market.market, clientOrderId };
      const reply = await exchange.ask(findHold, query);
      // All are asked at once, and a wallet that was just started refuses some.
      return codeOf(reply) === "OVERLOADED" ? { state: "PENDING" as const } : valueOf(reply);
    },
    (found) => found?.state !== "PENDING",
    EXPIRY_LIMIT_MS,
  );
  return hold?.state;
}
