/** Orders of one market as the projection knows them. Questions asked at once become one statement. */

import type { AccountId, CommandPosition, Market } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { OrderRecord, OrderReference } from "./api.ts";
import { gather } from "./gather.ts";
import { orderFromRow } from "./order-row.ts";
import type { Db, OrderRow } from "./tables.ts";

const QUESTIONS_PER_STATEMENT_MAX = 128;

export interface FindRow {
  byOrderId(orderId: CommandPosition): Promise<OrderRecord | undefined>;
  byClientOrderId(key: ClientKey): Promise<OrderRecord | undefined>;
}

export interface ClientKey {
  readonly accountId: AccountId;
  readonly clientOrderId: string;
}

export function createFindRow(db: Db, market: Market): FindRow {
  return {
    byOrderId: gather({
      groupMax: QUESTIONS_PER_STATEMENT_MAX,
      ask: (orderIds) => findByOrderIds(db, market, orderIds),
    }),
    byClientOrderId: gather({
      groupMax: QUESTIONS_PER_STATEMENT_MAX,
      ask: (keys) => findByClientKeys(db, market, keys),
    }),
  };
}

/** The account's own order; another's is as absent as one that never was. */
export async function findOwnRow(
  rows: FindRow,
  accountId: AccountId,
  reference: OrderReference,
): Promise<OrderRecord | undefined> {
  if ("orderId" in reference) {
    const order = await rows.byOrderId(reference.orderId);
    return order?.accountId === accountId ? order : undefined;
  }
  return await rows.byClientOrderId({ accountId, clientOrderId: reference.clientOrderId });
}

async function findByOrderIds(
  db: Db,
  market: Market,
  orderIds: readonly CommandPosition[],
): Promise<readonly (OrderRecord | undefined)[]> {
  const { rows } = await sql<OrderRow>`
    select * from orders
    where market = ${market.market} and order_id in (${sql.join(orderIds)})`.execute(db);
  const orders = new Map<CommandPosition, OrderRecord>();
  for (const row of rows) orders.set(Number(row.order_id), orderFromRow(market, row));
  return orderIds.map((orderId) => orders.get(orderId));
}

async function findByClientKeys(
  db: Db,
  market: Market,
  keys: readonly ClientKey[],
): Promise<readonly (OrderRecord | undefined)[]> {
  const matches = keys.map(
    ({ accountId, clientOrderId }) =>
      sql`(account_id = ${accountId} and client_order_id = ${clientOrderId})`,
  );
  const { rows } = await sql<OrderRow>`
    select * from orders
    where market = ${market.market} and (${sql.join(matches, sql` or `)})`.execute(db);
  const orders = new Map<string, OrderRecord>();
  for (const row of rows) {
    orders.set(`${row.account_id}:${row.client_order_id}`, orderFromRow(market, row));
  }
  return keys.map(({ accountId, clientOrderId }) => orders.get(`${accountId}:${clientOrderId}`));
}
