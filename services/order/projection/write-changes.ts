/**
 * Changes and cursor in one transaction. The cursor moves first and only from where these changes start:
 * whoever comes second writes nothing.
 */

import { inTransaction } from "@exchange/store";
import type { MarketId } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";
import type { Transaction } from "kysely";
import { sql } from "kysely";

import type { Fill } from "../fill.ts";
import { isOpen } from "../order-record.ts";
import { encodeSpecial } from "../special-terms.ts";
import type { Db, Tables } from "../tables.ts";
import type { Changes, OrderChange } from "./changes.ts";
import type { Cursor } from "./cursor.ts";
import { DAY_MS, volumesOf } from "./fill-volumes.ts";

type Tx = Transaction<Tables>;

export interface Step {
  readonly market: MarketId;
  /** Undefined at the market's first frame. */
  readonly from: Cursor | undefined;
  readonly to: Cursor;
  readonly changes: Changes;
}

/** `moved`: another process went on from there; nothing was written. */
export async function writeChanges(db: Db, step: Step): Promise<"written" | "moved"> {
  return await inTransaction(db, async (tx) => {
    if (!(await moveCursor(tx, step))) return "moved";
    await insertOrders(tx, step);
    await reshapeOrders(tx, step);
    await updateOrders(tx, step);
    await insertFills(tx, step);
    await addVolumes(tx, step);
    await reverseFills(tx, step);
    return "written";
  });
}

async function moveCursor(tx: Tx, { market, from, to }: Step): Promise<boolean> {
  const { epoch, sequence, position, complete, timeMs, lastPrice = null } = to;
  if (from === undefined) {
    const { numAffectedRows } = await sql`
      insert ignore into cursors
        (market, epoch, sequence, command, event_index, complete, time_ms, last_price_ticks)
      values (${market}, ${epoch}, ${sequence}, ${position.command}, ${position.index},
        ${complete}, ${timeMs}, ${lastPrice})`.execute(tx);
    return numAffectedRows === 1n;
  }
  const { numAffectedRows } = await sql`
    update cursors set epoch = ${epoch}, sequence = ${sequence}, command = ${position.command},
      event_index = ${position.index}, complete = ${complete}, time_ms = ${timeMs},
      last_price_ticks = coalesce(${lastPrice}, last_price_ticks)
    where market = ${market} and sequence = ${from.sequence}
      and command = ${from.position.command} and event_index = ${from.position.index}`.execute(tx);
  return numAffectedRows === 1n;
}

async function insertOrders(tx: Tx, { market, changes }: Step): Promise<void> {
  const rows: unknown[][] = [];
  for (const change of changes.orders.values()) {
    if (change.origin !== undefined) rows.push(orderValues(market, change.origin, change));
  }
  if (rows.length === 0) return;
  // One nested array is one parameter: a parameter a value costs several times the work.
  await sql`
    insert into orders (market, order_id, account_id, client_order_id, side, type, time_in_force,
      post_only, sizing, price_ticks, qty_lots, spend_max, special, state, is_open, filled_lots,
      filled_tick_lots, fee, reject_code, cancel_reason, triggered_ms, created_ms, updated_ms)
    values ${rows}`.execute(tx);
}

function orderValues(
  market: MarketId,
  origin: NonNullable<OrderChange["origin"]>,
  change: OrderChange,
): unknown[] {
  const { orderId, accountId, clientOrderId, terms, timeMs } = origin;
  const { state, shape } = change;
  assert(state !== undefined, "a new order has a state");
  return [
    market,
    orderId,
    accountId,
    clientOrderId,
    terms.side,
    terms.type,
    terms.timeInForce,
    terms.postOnly,
    terms.sizing,
    shape?.priceTicks ?? terms.priceTicks,
    shape?.qtyLots ?? terms.qtyLots,
    shape?.spendable ?? terms.spendMax,
    encodeSpecial(terms, origin),
    state,
    isOpen(state),
    change.filledLots,
    change.filledTickLots.toString(),
    change.fee.toString(),
    change.rejectCode ?? null,
    change.cancelReason ?? null,
    change.triggeredMs ?? null,
    timeMs,
    change.updatedMs,
  ];
}

/**
 * New terms of orders from before these events, which is seldom. They come first: the fills that follow must fit the
 * new quantity.
 */
async function reshapeOrders(tx: Tx, { market, changes }: Step): Promise<void> {
  const rows: unknown[][] = [];
  for (const [orderId, { origin, shape, triggeredMs }] of changes.orders) {
    if (origin !== undefined || (shape === undefined && triggeredMs === undefined)) continue;
    const { priceTicks = null, qtyLots = null, spendable = null } = shape ?? {};
    rows.push([orderId, priceTicks, qtyLots, spendable, triggeredMs ?? null]);
  }
  if (rows.length === 0) return;
  const { numAffectedRows } = await sql`
    update json_table(${JSON.stringify(rows)}, '$[*]' columns (
        order_id bigint unsigned path '$[0]',
        price_ticks int unsigned path '$[1]',
        qty_lots bigint unsigned path '$[2]',
        spendable bigint unsigned path '$[3]',
        triggered_ms bigint unsigned path '$[4]')) as changes
      straight_join orders
        on orders.market = ${market} and orders.order_id = changes.order_id and orders.is_open = 1
    set orders.price_ticks = coalesce(changes.price_ticks, orders.price_ticks),
      orders.qty_lots = coalesce(changes.qty_lots, orders.qty_lots),
      orders.spend_max = coalesce(
        changes.spendable + if(orders.side = 'buy', orders.filled_tick_lots, orders.filled_lots),
        orders.spend_max),
      orders.triggered_ms = coalesce(changes.triggered_ms, orders.triggered_ms)`.execute(tx);
  assertAllThere(market, rows.length, numAffectedRows);
}

/** Orders from before these events. Each must be there: an event of an order nobody accepted is a lie. */
async function updateOrders(tx: Tx, { market, changes }: Step): Promise<void> {
  const rows: unknown[][] = [];
  for (const [orderId, change] of changes.orders) {
    if (change.origin !== undefined) continue;
    rows.push([
      orderId,
      change.filledLots,
      change.filledTickLots.toString(),
      change.fee.toString(),
      change.state ?? null,
      change.cancelReason ?? null,
      change.updatedMs,
    ]);
  }
  if (rows.length === 0) return;
  const { numAffectedRows } = await sql`
    update json_table(${JSON.stringify(rows)}, '$[*]' columns (
        order_id bigint unsigned path '$[0]',
        filled_lots bigint unsigned path '$[1]',
        filled_tick_lots decimal(38,0) path '$[2]',
        fee decimal(38,0) path '$[3]',
        state varchar(9) path '$[4]',
        cancel_reason varchar(32) path '$[5]',
        updated_ms bigint unsigned path '$[6]')) as changes
      straight_join orders
        on orders.market = ${market} and orders.order_id = changes.order_id and orders.is_open = 1
    set orders.filled_lots = orders.filled_lots + changes.filled_lots,
      orders.filled_tick_lots = orders.filled_tick_lots + changes.filled_tick_lots,
      orders.fee = orders.fee + changes.fee,
      orders.is_open = if(changes.state is null, 1, 0),
      orders.state = coalesce(changes.state, orders.state),
      orders.cancel_reason = changes.cancel_reason,
      orders.updated_ms = changes.updated_ms`.execute(tx);
  assertAllThere(market, rows.length, numAffectedRows);
}

function assertAllThere(market: MarketId, changed: number, found: bigint | undefined): void {
  assert(
    found === BigInt(changed),
    `${market}: ${changed} open orders changed, ${String(found)} of them are there`,
  );
}

async function insertFills(tx: Tx, { market, changes }: Step): Promise<void> {
  if (changes.fills.length === 0) return;
  const rows = changes.fills.map((fill) => fillValues(market, fill));
  await sql`
    insert into fills (market, order_id, trade_command, trade_index, account_id, side, role,
      price_ticks, qty_lots, fee, fee_ppm, time_ms)
    values ${rows}`.execute(tx);
}

async function addVolumes(tx: Tx, { market, changes }: Step): Promise<void> {
  if (changes.fills.length === 0) return;
  const rows = volumesOf(changes.fills).map(({ accountId, day, tickLots }) => [
    accountId,
    market,
    day,
    String(tickLots),
  ]);
  await sql`
    insert into fill_volumes (account_id, market, day, tick_lots) values ${rows}
    on duplicate key update tick_lots = tick_lots + values(tick_lots)`.execute(tx);
}

/** Each once, however often its trade is taken back: its volume, too, is taken off the day's with the first. */
async function reverseFills(tx: Tx, { market, changes }: Step): Promise<void> {
  for (const { orderId, trade, reversedMs } of changes.reversed) {
    const isFill = sql`fills.market = ${market} and fills.order_id = ${orderId}
      and fills.trade_command = ${trade.command} and fills.trade_index = ${trade.index}`;
    const { numAffectedRows } = await sql`
      update fills set reversed_ms = ${reversedMs}
      where ${isFill} and reversed_ms is null`.execute(tx);
    if (numAffectedRows !== 1n) continue;
    await sql`
      update fill_volumes join fills on fills.account_id = fill_volumes.account_id
        and fills.market = fill_volumes.market and ${isFill}
      set fill_volumes.tick_lots = fill_volumes.tick_lots
        - cast(fills.price_ticks as decimal(38,0)) * fills.qty_lots
      where fill_volumes.day = floor(fills.time_ms / ${DAY_MS})`.execute(tx);
  }
}

function fillValues(market: MarketId, fill: Fill): unknown[] {
  return [
    market,
    fill.party.orderId,
    fill.tradeCommand,
    fill.tradeIndex,
    fill.party.accountId,
    fill.side,
    fill.role,
    fill.priceTicks,
    fill.qtyLots,
    fill.fee.toString(),
    fill.party.feePpm,
    fill.timeMs,
  ];
}
