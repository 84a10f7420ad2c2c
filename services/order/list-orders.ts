/** An account's orders, newest first, page by page. */

import type { Market } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import type { RawBuilder } from "kysely";
import { sql } from "kysely";

import type { OrderRecord, OrdersRequest, Page } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import { orderFromRow } from "./order-row.ts";
import type { PageBound, PageEnd } from "./page.ts";
import { boundOf, decodeCursor, PAGE_ROWS_MAX, pageOf } from "./page.ts";
import { ok, refused } from "./reply.ts";
import type { OrderRow } from "./tables.ts";

/** The numbers behind time and market in a cursor: the order's id. */
const PLACES = 1;

export async function listOrders(
  deps: OrderDeps,
  request: OrdersRequest,
): Promise<Reply<Page<OrderRecord>>> {
  const { after, cursor } = request;
  const end = cursor === undefined ? undefined : decodeCursor(cursor, PLACES);
  if (cursor !== undefined && end === undefined) return refused("INVALID_CURSOR");
  if (after !== undefined && !(await deps.cursors.passed(after))) return refused("LAGGING");
  const markets = [...deps.desks.values()]
    .map((desk) => desk.market)
    .filter(({ market }) => request.market === undefined || market === request.market);
  if (markets.length === 0) return ok({ rows: [] });
  const limit = Math.min(request.limit, PAGE_ROWS_MAX);
  const parts = markets.flatMap(({ market }) =>
    opennessOf(request.state).map((isOpen) =>
      selectOrders({
        accountId: request.accountId,
        market,
        isOpen,
        bound: boundOf(end, market),
        limit: limit + 1,
      }),
    ),
  );
  const { rows } = await sql<OrderRow>`${sql.join(parts, sql` union all `)}`.execute(deps.db);
  return ok(pageOf(toOrders(markets, rows), limit, endOfOrder));
}

/** The index keeps open and closed orders apart, so "both" is two short scans. */
function opennessOf(state: OrdersRequest["state"]): readonly (0 | 1)[] {
  switch (state) {
    case "open":
      return [1];
    case "closed":
      return [0];
    case undefined:
      return [1, 0];
  }
}

interface OrdersPart {
  readonly accountId: number;
  readonly market: string;
  readonly isOpen: 0 | 1;
  readonly bound: PageBound | undefined;
  readonly limit: number;
}

function selectOrders({
  accountId,
  market,
  isOpen,
  bound,
  limit,
}: OrdersPart): RawBuilder<OrderRow> {
  return sql`(
    select * from orders
    where account_id = ${accountId} and market = ${market} and is_open = ${isOpen} ${behind(bound)}
    order by created_ms desc, order_id desc
    limit ${limit})`;
}

function behind(bound: PageBound | undefined): RawBuilder<unknown> {
  if (bound === undefined) return sql``;
  const { beforeMs, atThatTime } = bound;
  if (atThatTime === "none") return sql`and created_ms < ${beforeMs}`;
  if (atThatTime === "all") return sql`and created_ms <= ${beforeMs}`;
  return sql`and created_ms <= ${beforeMs}
    and (created_ms < ${beforeMs} or order_id < ${atThatTime[0]})`;
}

function toOrders(markets: readonly Market[], rows: readonly OrderRow[]): OrderRecord[] {
  const byId = new Map(markets.map((market) => [market.market, market]));
  return rows.flatMap((row) => {
    const market = byId.get(row.market);
    return market === undefined ? [] : [orderFromRow(market, row)];
  });
}

function endOfOrder({ createdMs, market, orderId = 0 }: OrderRecord): PageEnd {
  return { timeMs: createdMs, market, place: [orderId] };
}
