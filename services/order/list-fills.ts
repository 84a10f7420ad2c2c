/** An account's fills, newest first, page by page; of one order when asked. */

import type { Market, MarketPosition } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import type { RawBuilder } from "kysely";
import { sql } from "kysely";

import type { FillRecord, FillsRequest, Page } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import type { NamedFillRow } from "./order-row.ts";
import { fillFromRow } from "./order-row.ts";
import type { PageBound, PageEnd } from "./page.ts";
import { boundOf, decodeCursor, PAGE_ROWS_MAX, pageOf } from "./page.ts";
import { ok, refused } from "./reply.ts";

/** The numbers behind time and market in a cursor: the trade's command and index, and the order's id. */
const PLACES = 3;

export async function listFills(
  deps: OrderDeps,
  request: FillsRequest,
): Promise<Reply<Page<FillRecord>>> {
  const { after, cursor } = request;
  const end = cursor === undefined ? undefined : decodeCursor(cursor, PLACES);
  if (cursor !== undefined && end === undefined) return refused("INVALID_CURSOR");
  if (after !== undefined && !(await deps.cursors.passed(after))) return refused("LAGGING");
  const markets = marketsOf(deps, request);
  if (markets.length === 0) return ok({ rows: [] });
  const limit = Math.min(request.limit, PAGE_ROWS_MAX);
  const parts = markets.map(({ market }) =>
    selectFills({
      accountId: request.accountId,
      market,
      order: request.order,
      bound: boundOf(end, market),
      limit: limit + 1,
    }),
  );
  const { rows } = await sql<NamedFillRow>`${sql.join(parts, sql` union all `)}`.execute(deps.db);
  const page = pageOf(rows, limit, endOfFill);
  return ok({ ...page, rows: toFills(markets, page.rows) });
}

function marketsOf({ desks }: OrderDeps, { market, order }: FillsRequest): Market[] {
  return [...desks.values()]
    .map((desk) => desk.market)
    .filter((one) => market === undefined || one.market === market)
    .filter((one) => order === undefined || one.market === order.market);
}

interface FillsPart {
  readonly accountId: number;
  readonly market: string;
  readonly order: MarketPosition | undefined;
  readonly bound: PageBound | undefined;
  readonly limit: number;
}

function selectFills({ accountId, market, order, bound, limit }: FillsPart): RawBuilder<unknown> {
  const ofOrder = order === undefined ? sql`` : sql`and fills.order_id = ${order.position}`;
  return sql`(
    select fills.*, orders.client_order_id
    from fills straight_join orders on orders.market = fills.market and orders.order_id = fills.order_id
    where fills.account_id = ${accountId} and fills.market = ${market} ${ofOrder} ${behind(bound)}
    order by fills.time_ms desc, fills.trade_command desc, fills.trade_index desc, fills.order_id desc
    limit ${limit})`;
}

function behind(bound: PageBound | undefined): RawBuilder<unknown> {
  if (bound === undefined) return sql``;
  const { beforeMs, atThatTime } = bound;
  if (atThatTime === "none") return sql`and fills.time_ms < ${beforeMs}`;
  if (atThatTime === "all") return sql`and fills.time_ms <= ${beforeMs}`;
  const [command, index, orderId] = atThatTime;
  return sql`and fills.time_ms <= ${beforeMs} and (fills.time_ms < ${beforeMs}
    or (fills.trade_command, fills.trade_index, fills.order_id) < (${command}, ${index}, ${orderId}))`;
}

function toFills(markets: readonly Market[], rows: readonly NamedFillRow[]): FillRecord[] {
  const byId = new Map(markets.map((market) => [market.market, market]));
  return rows.flatMap((row) => {
    const market = byId.get(row.market);
    return market === undefined ? [] : [fillFromRow(market, row)];
  });
}

function endOfFill(row: NamedFillRow): PageEnd {
  return {
    timeMs: Number(row.time_ms),
    market: row.market,
    place: [Number(row.trade_command), row.trade_index, Number(row.order_id)],
  };
}
