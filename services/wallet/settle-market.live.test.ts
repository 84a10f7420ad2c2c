import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { decodeRecord, encodeFrame, stream, subject } from "@exchange/streams";
import type { HoldState, Market } from "@exchange/streams/contract";
import { commandPosition, GENESIS, holdAmount, holdAsset } from "@exchange/streams/contract";
import { provisionEpoch, sealStream, writeMarketEpoch } from "@exchange/streams/runtime";
import { openFaultyLink, until } from "@exchange/streams/testing";

import type { BalanceChanges } from "./api.ts";
import { findHold } from "./api.ts";
import { appendTick } from "./append-tick.ts";
import type { SettlementCursor } from "./cursor.ts";
import { readCursor } from "./cursor.ts";
import { violatedLaws } from "./testing/ledger-laws.ts";
import type { MarketScript, ScriptOrder } from "./testing/market-script.ts";
import { createMarketScript, spendMaxOf } from "./testing/market-script.ts";
import { moveDeadline } from "./testing/move-deadline.ts";
import type { ScratchWallet } from "./testing/scratch-wallet.ts";
import { heldOf, holdRequest, openScratchWallet } from "./testing/scratch-wallet.ts";
import type { WalletClient } from "./testing/wallet-client.ts";
import { createWalletClient } from "./testing/wallet-client.ts";

const buyer = 1;
const seller = 2;

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

let wallet: ScratchWallet;
let client: WalletClient;
let script: MarketScript;

beforeEach(async () => {
  wallet = await openScratchWallet();
  client = createWalletClient(wallet.scratch.connection);
  script = createMarketScript(wallet.market);
});
afterEach(async () => {
  const violated = await violatedLaws(wallet.db);
  await wallet.remove();
  expect(violated).toEqual([]);
});

async function fundBoth(): Promise<void> {
  const { base, quote } = wallet.market;
  for (const accountId of [buyer, seller]) {
    for (const asset of [base, quote]) await client.deposit(accountId, asset, 1_000_000n);
  }
}

async function holdOrder(
  order: Pick<ScriptOrder, "accountId" | "clientOrderId" | "side" | "ticks" | "lots">,
): Promise<ScriptOrder & { deadlineMs: number }> {
  const { market } = wallet;
  const [decision] = await client.hold([
    holdRequest({
      ...order,
      market: market.market,
      asset: holdAsset(market, order.side),
      amount: holdAmount(market, order.side, spendMaxOf(order)),
    }),
  ]);
  const { holdId, deadlineMs } = heldOf(decision);
  return { ...order, holdId, deadlineMs, open: order.lots, remaining: spendMaxOf(order) };
}

async function bid(clientOrderId = "bid") {
  return await holdOrder({ accountId: buyer, clientOrderId, side: "buy", ticks: 10, lots: 5 });
}

async function ask(clientOrderId = "ask") {
  return await holdOrder({ accountId: seller, clientOrderId, side: "sell", ticks: 8, lots: 5 });
}

async function stateOf({ accountId, clientOrderId }: ScriptOrder): Promise<HoldState | undefined> {
  const query = { accountId, market: wallet.market.market, clientOrderId };
  const reply = await client.ask(findHold, query);
  return reply.kind === "ok" ? reply.value?.state : undefined;
}

/** Accepts both and trades 3 lots of them, in one stored frame. */
async function publishTrade(maker: ScriptOrder, taker: ScriptOrder): Promise<number> {
  const timeMs = Date.now();
  script.accept(maker, timeMs);
  script.accept(taker, timeMs);
  const { command } = script.trade(maker, taker, { lots: 3, timeMs });
  await wallet.publish(script.frame(timeMs));
  return command;
}

test("a trade reaches both balances, which a reader may wait for, and everybody who listens", async () => {
  await wallet.start();
  await fundBoth();
  const [maker, taker] = [await ask(), await bid()];
  const heard = new Map<string, string>();
  wallet.scratch.connection.subscribe(subject.balanceChanges, {
    callback(_, message) {
      for (const { accountId, balance } of message.json<BalanceChanges>().changes) {
        heard.set(`${accountId}/${balance.asset}`, balance.available);
      }
    },
  });
  await wallet.scratch.connection.flush();
  const { base, quote, market } = wallet.market;
  const position = await publishTrade(maker, taker);
  expect(await client.balances(seller, { market, position })).toEqual({
    [base]: [String(1_000_000 - 5), "2"],
    [quote]: [String(1_000_000 + 24 - 1), "0"],
  });
  expect(await client.balances(buyer, { market, position })).toEqual({
    [base]: [String(1_000_000 + 3 - 1), "0"],
    [quote]: [String(1_000_000 - 24 - 20), "20"],
  });
  await until(() => heard.get(`${seller}/${quote}`) === String(1_000_000 + 24 - 1));
  const never = { market, position: position + 1 };
  await expect(client.balances(seller, never)).rejects.toThrow("LAGGING");
});

test("a second wallet settles on from where the first one stopped", async () => {
  const first = await wallet.start();
  await wallet.start();
  await fundBoth();
  const { market } = wallet.market;
  const [maker, taker] = [await ask(), await bid()];
  await client.balances(buyer, { market, position: await publishTrade(maker, taker) });
  await first.stop();
  const { command } = script.cancel(taker, Date.now());
  await wallet.publish(script.frame(Date.now()));
  await until(async () => (await stateOf(taker)) === "DONE");
  await client.balances(buyer, { market, position: command });
  expect(wallet.failures).toEqual([]);
});

test("settlement that was behind when an epoch ended goes on there, then in the next", async () => {
  const first = await wallet.start();
  await fundBoth();
  const [maker, taker] = [await ask(), await bid()];
  await first.stop();
  const { market } = wallet.market;
  const { connection, jsm } = wallet.scratch;
  const position = await publishTrade(maker, taker);
  const next = { market, epoch: 2 };
  await provisionEpoch(connection, next, { command: 1, event: 2 });
  await sealStream(connection, stream.events(market, 1));
  await writeMarketEpoch(connection, market, 2);
  // One that heard of the epoch, and one that hears of it while it settles.
  await wallet.start();
  await client.balances(buyer, { market, position });
  script.cancel(taker, Date.now());
  const frame = { ...script.frame(Date.now()), epoch: 2 };
  await connection.jetstream().publish(subject.events(market, 2), encodeFrame(frame));
  await until(async () => (await stateOf(taker)) === "DONE");
  expect(await cursorOf(wallet.market)).toMatchObject({ epoch: 2, sequence: 2 });
  // The clock is moved in the epoch's own log.
  const ticked = await appendTick(
    { connection, jsm },
    { ...wallet.market, epoch: 2 },
    await cursorOf(wallet.market),
  );
  expect(ticked).toBe("appended");
  expect(wallet.failures).toEqual([]);
});

test("while nothing comes after an overdue hold, ticks move the clock, each under a key of its own", async () => {
  await wallet.start();
  await fundBoth();
  const hold = await bid();
  const { market, epoch } = wallet.market;
  const name = stream.commands(market, epoch);
  const lastTick = async () => (await wallet.scratch.jsm.streams.info(name)).state.last_seq;
  const pastMs = Date.now() - 1000;
  await moveDeadline(wallet.db, hold.holdId, pastMs);
  await until(async () => (await lastTick()) === 1);
  // No engine answers: the tick is on its way, and another one would help nobody.
  await Bun.sleep(1500);
  expect(await lastTick()).toBe(1);
  // The server's clock is behind the wallet's: the first tick's time is not past the deadline yet.
  const { command } = script.tick(pastMs);
  expect(command).toBe(commandPosition(1, 0));
  await wallet.publish(script.frame(pastMs));
  await until(async () => (await lastTick()) === 2);
  script.tick(pastMs + 1);
  await wallet.publish(script.frame(pastMs + 1));
  await until(async () => (await stateOf(hold)) === "VOID");
  const keys = await Promise.all(
    [1, 2].map(async (seq) => await wallet.scratch.jsm.streams.getMessage(name, { seq })),
  );
  expect(keys.map((message) => message.subject)).toEqual([
    subject.command(market, epoch, "tick.0"),
    subject.command(market, epoch, "tick.1"),
  ]);
  expect(keys.map(({ data }) => decodeRecord(data).commands)).toEqual([
    [{ kind: "Tick" }],
    [{ kind: "Tick" }],
  ]);
});

test("what the engine says is due gets a tick at its time, once, also from a wallet that comes later", async () => {
  const first = await wallet.start();
  const { market, epoch } = wallet.market;
  const name = stream.commands(market, epoch);
  const ticks = async () => (await wallet.scratch.jsm.streams.info(name)).state.last_seq;
  // The command that the frame answers stands in the log.
  const { connection, jsm } = wallet.scratch;
  await appendTick({ connection, jsm }, wallet.market, nothingSettled(wallet.market));
  const dueMs = Date.now() + 1500;
  script.tick(Date.now());
  await wallet.publish({ ...script.frame(Date.now()), dueMs });
  await until(async () => (await cursorOf(wallet.market)).sequence === 1);
  await first.stop();
  expect(await ticks()).toBe(1);
  await wallet.start();
  await until(async () => (await ticks()) === 2);
  expect(Date.now()).toBeGreaterThanOrEqual(dueMs);
  expect(Date.now()).toBeLessThan(dueMs + 5000);
  const { time } = await jsm.streams.getMessage(name, { seq: 2 });
  expect(time.getTime()).toBeGreaterThanOrEqual(dueMs);
  // Other wallets that think it is theirs to move the clock make no second tick of it.
  const cursor = await cursorOf(wallet.market);
  const late = await Promise.all(
    [1, 2, 3].map(async () => await appendTick({ connection, jsm }, wallet.market, cursor)),
  );
  expect(late).toEqual(["waiting", "waiting", "waiting"]);
  const at = { ...cursor, to: { command: commandPosition(2, 0), index: 0 } };
  const atOnce = await Promise.all(
    [1, 2, 3].map(async () => await appendTick({ connection, jsm }, wallet.market, at)),
  );
  expect(atOnce.filter((outcome) => outcome === "appended")).toHaveLength(1);
  expect(await ticks()).toBe(3);
});

async function cursorOf({ market }: Market): Promise<SettlementCursor> {
  const cursor = await readCursor(wallet.db, market);
  return cursor ?? nothingSettled(wallet.market);
}

function nothingSettled({ market, epoch }: Market): SettlementCursor {
  const start = { sequence: 0, to: GENESIS, complete: true, timeMs: 0, inFrame: false };
  return { market, epoch, ...start };
}

test("a hold born behind a quiet market's clock is released without any frame", async () => {
  await wallet.start();
  await fundBoth();
  const hold = await bid();
  script.tick(hold.deadlineMs - 1);
  await wallet.publish(script.frame(hold.deadlineMs - 1));
  const { market } = wallet.market;
  await client.balances(buyer, { market, position: commandPosition(1, 0) });
  await moveDeadline(wallet.db, hold.holdId, hold.deadlineMs - 2);
  await until(async () => (await stateOf(hold)) === "VOID");
});

test("lost answers and cut connections of MySQL delay holds and settlement, and post nothing twice", async () => {
  const link = openFaultyLink(wallet.url);
  const { port } = new URL(link.url);
  const faulty = new URL(wallet.url);
  faulty.port = port;
  await wallet.start({ mysqlUrl: faulty.toString() });
  await fundBoth();
  const [maker, taker] = [await ask(), await bid()];
  for (let round = 0; round < 6; round += 1) {
    link.loseAnswers();
    const held = bid(`during-${round}`);
    if (round === 0) await publishTrade(maker, taker);
    // Far enough for some statement, and in some rounds the commit, to be done and not heard of.
    await Bun.sleep(20 * round);
    link.heal();
    const during = await held;
    script.accept(during, Date.now());
    script.cancel(during, Date.now());
    await wallet.publish(script.frame(Date.now()));
  }
  await until(async () => (await stateOf({ ...taker, clientOrderId: "during-5" })) === "DONE");
  const { base, quote } = wallet.market;
  expect(await client.balances(buyer)).toEqual({
    [base]: [String(1_000_000 + 3 - 1), "0"],
    [quote]: [String(1_000_000 - 24 - 20), "20"],
  });
  expect(wallet.failures).toEqual([]);
  link.stop();
});

test("a frame that does not follow stops the wallet loudly and settles nothing", async () => {
  await wallet.start();
  await fundBoth();
  const hold = await bid();
  script.accept(hold, Date.now());
  const frame = script.frame(Date.now());
  await wallet.publish({ ...frame, from: { command: 1, index: 0 } });
  await until(() => wallet.failures.length > 0);
  expect(String(wallet.failures[0])).toContain("event frame 1 starts at 1-0, settled is 0-0");
  expect(await stateOf(hold)).toBe("PENDING");
});

test("a wallet stops also while it waits for MySQL to begin with", async () => {
  const asked = { count: 0 };
  const away = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        asked.count += 1;
        socket.end();
      },
      data: () => undefined,
    },
  });
  const url = new URL(wallet.url);
  url.port = String(away.port);
  const waiting = await wallet.start({ mysqlUrl: url.href });
  await until(() => asked.count >= 10);
  await waiting.stop();
  away.stop(true);
  expect(wallet.failures).toEqual([]);
});
