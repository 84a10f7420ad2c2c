/** The fills of one order, in trade order, exactly those its record counts. */

import type { Market } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { FillRecord, OrderRecord } from "./api.ts";
import { FILLS_PER_ANSWER_MAX } from "./order-events.ts";
import { fillFromRow } from "./order-row.ts";
import type { Db, FillRow } from "./tables.ts";

/** The first fills, up to a limit. A trade projected since the record was read is left out. */
export async function readFillsOf(
  db: Db,
  market: Market,
  order: OrderRecord,
): Promise<readonly FillRecord[]> {
  const { orderId, filledLots, clientOrderId } = order;
  if (orderId === undefined || filledLots === 0) return [];
  const { rows } = await sql<FillRow>`
    select * from fills
    where market = ${market.market} and order_id = ${orderId}
    order by trade_command, trade_index
    limit ${FILLS_PER_ANSWER_MAX}`.execute(db);
  const fills: FillRecord[] = [];
  let lots = 0;
  for (const row of rows) {
    lots += Number(row.qty_lots);
    if (lots > filledLots) break;
    fills.push(fillFromRow(market, { ...row, client_order_id: clientOrderId }));
  }
  return fills;
}
