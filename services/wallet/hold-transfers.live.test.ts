import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import type { MarketEvent, OrderUpdated } from "@exchange/streams/contract";
import { assertPriceTicks, assertQtyLots, assertSpendUnits } from "@exchange/streams/contract";

import type { DirectWallet } from "./testing/direct-wallet.ts";
import { createDirectWallet } from "./testing/direct-wallet.ts";
import { violatedLaws } from "./testing/ledger-laws.ts";
import type { MarketScript, ScriptOrder } from "./testing/market-script.ts";
import { createMarketScript } from "./testing/market-script.ts";
import { testMarket } from "./testing/memory-ledger.ts";
import type { ScratchDatabase } from "./testing/scratch-wallet.ts";
import { heldOf, holdRequest, openScratchDatabase } from "./testing/scratch-wallet.ts";

const accountId = 1;
const FUNDS = 1000n;

setDefaultTimeout(60_000);

let database: ScratchDatabase;
let wallet: DirectWallet;
let script: MarketScript;
const nowMs = 1_000_000;

beforeEach(async () => {
  database = await openScratchDatabase();
  wallet = await createDirectWallet(database.db, () => nowMs);
  script = createMarketScript(testMarket);
  for (const asset of ["BTC", "USD"]) await wallet.deposit(accountId, asset, FUNDS);
});
afterEach(async () => {
  const violated = await violatedLaws(database.db);
  await database.remove();
  expect(violated).toEqual([]);
});

/** `state remaining` of each hold, oldest first. */
async function holdLines(): Promise<string[]> {
  const rows = await database.db
    .selectFrom("holds")
    .select(["state", "remaining"])
    .orderBy("hold_id")
    .execute();
  return rows.map(({ state, remaining }) => `${state} ${remaining}`);
}

async function ask(clientOrderId: string, lots: number): Promise<ScriptOrder> {
  return await wallet.order({ accountId, side: "sell", ticks: 8, lots, clientOrderId });
}

/** A hold for nothing: its order gets what the replaced one had. */
async function holdNothing(clientOrderId: string): Promise<number> {
  const { decisions } = await wallet.place([
    holdRequest({
      accountId,
      market: testMarket.market,
      clientOrderId,
      asset: testMarket.base,
      amount: 0n,
    }),
  ]);
  return heldOf(decisions[0]).holdId;
}

/** The script's events since the last frame, changed by hand, as the next frame. */
async function settle(
  sequence: number,
  change: (events: readonly MarketEvent[]) => readonly MarketEvent[],
): Promise<void> {
  const frame = script.frame(nowMs);
  await wallet.settle([{ sequence, frame: { ...frame, events: change(frame.events) } }]);
}

const same = (events: readonly MarketEvent[]): readonly MarketEvent[] => events;

function amended(order: ScriptOrder, place: MarketEvent, added: ScriptOrder): OrderUpdated {
  const lots = order.lots + added.lots;
  return {
    kind: "OrderUpdated",
    command: place.command,
    index: place.index,
    timeMs: place.timeMs,
    orderId: order.holdId * 1024,
    accountId,
    holdId: order.holdId,
    reason: "amended",
    side: "sell",
    priceTicks: assertPriceTicks(order.ticks),
    qtyLots: assertQtyLots(lots),
    openLots: assertQtyLots(lots),
    released: assertSpendUnits(1),
    remaining: assertSpendUnits(lots - 1),
    addedHoldId: added.holdId,
    added: assertSpendUnits(added.lots),
    withdrawnLots: assertQtyLots(order.lots),
    previousTicks: assertPriceTicks(order.ticks),
  };
}

test("a replaced order's hold hands over what the new one was not given, also to a hold of nothing", async () => {
  const old = await ask("old", 5);
  const holdId = await holdNothing("new");
  script.accept(old, nowMs);
  await settle(1, same);
  const next = { ...old, holdId, clientOrderId: "new", lots: 3, open: 3, remaining: 3 };
  script.accept(next, nowMs);
  script.cancel({ ...old, remaining: 2 }, nowMs);
  await settle(2, ([accepted, ...rest]) =>
    accepted?.kind !== "OrderAccepted"
      ? []
      : [
          {
            ...accepted,
            heldUnits: assertSpendUnits(0),
            transfer: { fromHoldId: old.holdId, units: assertSpendUnits(3) },
          },
          ...rest,
        ],
  );
  expect(await holdLines()).toEqual(["DONE 0", "LIVE 3"]);
});

test("an amend's own hold moves into its order's, which may then have more than it was made with", async () => {
  const order = await ask("order", 5);
  const added = await ask("amend", 4);
  script.accept(order, nowMs);
  await settle(1, same);
  script.tick(nowMs);
  await settle(2, ([place]) => (place === undefined ? [] : [amended(order, place, added)]));
  expect(await holdLines()).toEqual(["LIVE 8", "DONE 0"]);
});

test("a hold that was reduced and grows back to its first amount is written all the same", async () => {
  const order = await ask("order", 5);
  const bid = await wallet.order({ ...order, side: "buy", lots: 3, clientOrderId: "bid" });
  const added = await ask("amend", 4);
  script.accept(order, nowMs);
  script.accept(bid, nowMs);
  script.trade(order, bid, { lots: 3, timeMs: nowMs });
  await settle(1, same);
  expect(await holdLines()).toEqual(["LIVE 2", "DONE 0", "PENDING 4"]);
  script.tick(nowMs);
  await settle(2, ([place]) =>
    place === undefined ? [] : [amended({ ...order, lots: 2 }, place, added)],
  );
  expect(await holdLines()).toEqual(["LIVE 5", "DONE 0", "DONE 0"]);
});
