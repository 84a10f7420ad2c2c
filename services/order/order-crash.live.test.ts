/** Processes killed under load: no order twice, none lost that was acknowledged, no hold left over. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import type { AccountId, Side } from "@exchange/streams/contract";
import { assert, holdAmount, holdAsset } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import type { ServiceProcess } from "@exchange/streams/testing";

import type { AmendRequest, PlacePairRequest } from "./api.ts";
import { amendOrder, cancelOrder, placePair, readOrder } from "./api.ts";
import { amendHash, mintAttempt, pairHash, requestHash } from "./request-hash.ts";
import type { TestExchange } from "./testing/exchange.ts";
import { codeOf, eventually, limitOrder, openTestExchange, valueOf } from "./testing/exchange.ts";
import { projectionOfLog, projectionOfTables, readCommands } from "./testing/read-log.ts";
import { findHold, holdFunds } from "./wallet-endpoints.ts";

const CLIENTS = 12;
const LOAD_MS = 12_000;
const KILLS_MIN = 4;
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
): Promise<void> {
  let kills = 0;
  // On a busy machine a start takes seconds.
  while (performance.now() < untilMs || kills < KILLS_MIN) {
    const victim = victims[kills % victims.length];
    if (victim === undefined) break;
    await Bun.sleep(200 + Math.random() * 600);
    await victim.process.kill();
    victim.process = await victim.start();
    kills += 1;
  }
}

/** A hold whose order process died before it could append. */
async function holdAndDie(
  accountId: AccountId,
  { key, hash, side }: { readonly key: string; readonly hash: string; readonly side: Side },
): Promise<void> {
  const { market } = exchange;
  const { decisions } = valueOf(
    await exchange.ask(holdFunds, {
      v: 1,
      holds: [
        {
          accountId,
          market: market.market,
          clientOrderId: key,
          requestHash: hash,
          attempt: mintAttempt(),
          asset: holdAsset(market, side),
          amount: holdAmount(market, side, 1000).toString(),
        },
      ],
    }),
  );
  expect(decisions).toMatchObject([{ kind: "held" }]);
}

interface Orphans {
  readonly accountId: AccountId;
  readonly pair: PlacePairRequest;
  readonly amend: AmendRequest;
}

/** A placement, a pair and an amend that are held and never appended. */
async function leaveOrphans(): Promise<Orphans> {
  const { market } = exchange;
  const accountId = await exchange.fund();
  const placed = valueOf(await exchange.place(accountId, { priceTicks: 1 }));
  const size = { side: "sell", qtyLots: 10 } as const;
  const plain = { timeInForce: "GTC", postOnly: false } as const;
  const legs = [
    { ...plain, type: "limit", postOnly: true, priceTicks: 4000 },
    { ...plain, type: "stop-market", triggerTicks: 1, priceTicks: 1 },
  ] as const;
  const common = { accountId, respondAsync: false };
  const clientOrderId = "orphan-pair";
  const pair = { ...common, ...size, market: market.market, clientOrderId, legs };
  const order = { market: market.market, orderId: placed.order.orderId ?? 0 };
  const amend = { ...common, order, qtyLots: 1010, amendId: "orphan" };
  const request = limitOrder(accountId, market, { clientOrderId: "orphan" });
  const [first, second] = legs.map((leg) => ({ ...leg, ...size, sizing: "quantity" }) as const);
  assert(first !== undefined && second !== undefined, "a pair has two legs");
  await holdAndDie(accountId, { key: "orphan", hash: requestHash(request), side: "buy" });
  await holdAndDie(accountId, {
    key: "orphan-pair",
    hash: pairHash([first, second]),
    side: "sell",
  });
  await holdAndDie(accountId, { key: "@orphan", hash: amendHash(amend), side: "buy" });
  return { accountId, pair, amend };
}

async function untilExpired(
  repeat: () => Promise<Reply<unknown>>,
  expired = "ORDER_EXPIRED",
): Promise<void> {
  await eventually(
    async () => codeOf(await repeat()),
    (code) => code === expired,
    EXPIRY_LIMIT_MS,
  );
}

/** A repeat by another process: not placed again, and over once the deadline has passed. */
async function expectExpired({ accountId, pair, amend }: Orphans): Promise<void> {
  await untilExpired(() => exchange.place(accountId, { clientOrderId: "orphan" }));
  await untilExpired(() => exchange.ask(placePair, pair));
  await untilExpired(() => exchange.ask(amendOrder, amend), "AMEND_EXPIRED");
  const commands = await readCommands(exchange.scratch, exchange.market);
  expect(commands.filter(({ kind }) => kind === "PlaceOrderPair" || kind === "AmendOrder")).toEqual(
    [],
  );
  const untouched = valueOf(await exchange.ask(readOrder, { accountId, order: amend.order }));
  expect(untouched.order).toMatchObject({ state: "OPEN", qtyLots: 10 });
}

test("under kill -9 of every process each order is placed once or never", async () => {
  const { market, scratch, db } = exchange;
  const victims = [
    { process: await exchange.startWallet(), start: exchange.startWallet },
    { process: await exchange.startOrder(), start: exchange.startOrder },
    { process: await exchange.startEngine(), start: exchange.startEngine },
    { process: await exchange.startOrder(), start: exchange.startOrder },
  ];
  const orphans = await leaveOrphans();

  const accountIds = await Promise.all(Array.from({ length: CLIENTS }, () => exchange.fund()));
  const untilMs = performance.now() + LOAD_MS;
  const [, ...loads] = await Promise.all([
    disturb(victims, untilMs),
    ...accountIds.map((accountId) => trade(accountId, untilMs)),
  ]);
  const sent = loads.flat();

  await expectExpired(orphans);
  const order = { market: market.market, clientOrderId: "orphan" };
  const query = { accountId: orphans.accountId, order };
  expect(codeOf(await exchange.ask(readOrder, query))).toBe("ORDER_EXPIRED");
  expect(codeOf(await exchange.ask(cancelOrder, query))).toBe("ORDER_DONE");

  const placed = new Map<string, number>();
  for (const { accountId, clientOrderId } of await exchange.placements()) {
    const key = `${accountId}:${clientOrderId}`;
    placed.set(key, (placed.get(key) ?? 0) + 1);
  }
  expect([...placed.values()].every((times) => times === 1)).toBe(true);
  expect(placed.has(`${orphans.accountId}:orphan`)).toBe(false);

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
