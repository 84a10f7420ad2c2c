/** Placing, cancelling and reading orders, and their fills. */

import type { CancelledOrder, FillRecord, OrderRecord, PageRequest } from "@exchange/order/api";
import type { AccountId, Market, MarketId } from "@exchange/streams/contract";
import { assert, formatMarketPosition, parseMarketPosition } from "@exchange/streams/contract";
import { z } from "@hono/zod-openapi";

import type { Markets } from "../deps.ts";
import type { Success } from "../http/answer.ts";
import { answerWith, invalid, problem, refusal, success } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath } from "../http/reader.ts";
import { prefersAsync } from "../http/request-fields.ts";
import { After, Cursor, Limit, MarketName, PositionText, refuse } from "../schemas/common.ts";
import {
  CancelledAllView,
  CancelledView,
  FillsPage,
  OrdersPage,
  PlacedView,
  PreferHeaders,
} from "../schemas/order.ts";
import { viewFill, viewOrder } from "../views/order-view.ts";
import { knowsMarkets } from "./known-markets.ts";
import { orderPath, readOrderReference } from "./order-reference.ts";
import { appliedIf, locationOf, viewPlaced } from "./placed-answer.ts";

const plain = {
  tag: "orders",
  accounts: "chosen",
  headers: noHeaders,
  body: noBody,
} as const;

const preferHeaders = createReader("header", PreferHeaders);
const cancelProblems = ["UNKNOWN_MARKET", "LOG_FULL", "UNAVAILABLE", "OUTCOME_UNKNOWN"] as const;
const readProblems = ["UNKNOWN_MARKET", "LAGGING", "UNAVAILABLE"] as const;

export function mountOrders(router: Router): void {
  mountOneOrder(router);
  mountCancelAll(router);
  mountLists(router);
}

function mountOneOrder(router: Router): void {
  const { services, markets } = router.deps;

  mountAccount(
    router,
    {
      ...plain,
      scope: "read",
      method: "get",
      path: "/v1/orders/{id}",
      summary: "One order and its fills",
      limit: "reads",
      pathFields: orderPath,
      query: createReader("query", z.strictObject({ market: MarketName.optional(), after: After })),
      successes: { 200: { description: "Its state now.", schema: PlacedView } },
      problems: ["UNKNOWN_ORDER", "ORDER_EXPIRED", ...readProblems],
    },
    async ({ identity, path, query, traceparent }) => {
      const reference = readOrderReference(path.id, query.market);
      if (reference.kind === "invalid") return invalid(reference.errors);
      const order = reference.value;
      const market = markets.get(order.market);
      if (market === undefined || !knowsMarkets(markets, query.after?.market)) {
        return problem("UNKNOWN_MARKET");
      }
      const after = query.after === undefined ? {} : { after: query.after };
      const { accountId } = identity;
      return answerWith(
        await services.readOrder({ accountId, order, ...after }, traceparent),
        "read",
        (placed) => success(200, viewPlaced(market, placed)),
      );
    },
  );

  mountAccount(
    router,
    {
      ...plain,
      scope: "trade",
      method: "delete",
      path: "/v1/orders/{id}",
      summary: "Cancel one order",
      description: `Answers with the engine's verdict; after a second, or at once with \`Prefer: respond-async\`, with 202
and the order as PENDING. \`GET /v1/orders/{id}?after=<at>\` then shows what became of it.`,
      limit: "orders",
      headers: preferHeaders,
      pathFields: orderPath,
      query: createReader("query", z.strictObject({ market: MarketName.optional() })),
      successes: {
        200: { description: "Cancelled.", schema: CancelledView },
        202: { description: "Asked for; the verdict is out.", schema: CancelledView },
      },
      problems: ["UNKNOWN_ORDER", "ORDER_DONE", "ORDER_PENDING", ...cancelProblems],
    },
    async ({ identity, path, query, request, traceparent }) => {
      const reference = readOrderReference(path.id, query.market);
      if (reference.kind === "invalid") return invalid(reference.errors);
      const order = reference.value;
      const market = markets.get(order.market);
      if (market === undefined) return problem("UNKNOWN_MARKET");
      const respondAsync = prefersAsync(request.headers);
      const { accountId } = identity;
      return answerWith(
        await services.cancelOrder({ accountId, order, respondAsync }, traceparent),
        "write",
        (cancelled) => answerCancelled(market, cancelled, respondAsync),
      );
    },
  );
}

function mountCancelAll(router: Router): void {
  const { services, markets } = router.deps;

  mountAccount(
    router,
    {
      ...plain,
      scope: "trade",
      method: "delete",
      path: "/v1/orders",
      summary: "Cancel all open orders",
      description: `Of one market, or of all. 202 while the verdict on some is out: after a while, or at once with
\`Prefer: respond-async\`. \`GET /v1/orders?state=open&after=<at>\` then shows what is left.`,
      limit: "orders",
      weight: 5,
      headers: preferHeaders,
      pathFields: noPath,
      query: createReader("query", z.strictObject({ market: MarketName.optional() })),
      successes: {
        200: { description: "Cancelled.", schema: CancelledAllView },
        202: { description: "Asked for; some verdicts are out.", schema: CancelledAllView },
      },
      problems: cancelProblems,
    },
    async ({ identity, query: { market }, request, traceparent }) => {
      if (!knowsMarkets(markets, market)) return problem("UNKNOWN_MARKET");
      const respondAsync = prefersAsync(request.headers);
      const { accountId } = identity;
      const outcome = await services.cancelAllOrders(
        { accountId, respondAsync, ...(market === undefined ? {} : { market }) },
        traceparent,
      );
      if (outcome.kind !== "ok") return refusal(outcome, "write");
      const cancelled = outcome.value.markets;
      const isComplete = cancelled.every(({ complete }) => complete);
      const view = {
        markets: cancelled.map(({ at, ...rest }) => ({ ...rest, at: formatMarketPosition(at) })),
      };
      return isComplete ? success(200, view) : success(202, view, appliedIf(respondAsync));
    },
  );
}

function answerCancelled(
  market: Market,
  { order, at }: CancelledOrder,
  respondAsync: boolean,
): Success {
  const view = { order: viewOrder(market, order), at: formatMarketPosition(at) };
  return order.state === "PENDING"
    ? success(202, view, { location: locationOf({ order }), ...appliedIf(respondAsync) })
    : success(200, view);
}

const pageQuery = {
  market: MarketName.optional(),
  limit: Limit,
  cursor: Cursor,
  after: After,
} as const;

const OrdersQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(["open", "closed"]).optional(),
});

const FillsQuery = z.strictObject({
  ...pageQuery,
  order: PositionText.transform(
    (text, context) => parseMarketPosition(text) ?? refuse(context, "BAD_FORMAT"),
  )
    .optional()
    .openapi({ type: "string", description: "Only this order's: its id." }),
});

function mountLists(router: Router): void {
  const { services, markets } = router.deps;
  const list = {
    ...plain,
    scope: "read",
    method: "get",
    limit: "reads",
    weight: 2,
    pathFields: noPath,
    problems: ["INVALID_CURSOR", ...readProblems],
  } as const;

  mountAccount(
    router,
    {
      ...list,
      path: "/v1/orders",
      summary: "The account's orders",
      query: createReader("query", OrdersQuery),
      successes: { 200: { description: "Newest first.", schema: OrdersPage } },
    },
    async ({ identity: { accountId }, query, traceparent }) => {
      if (!knowsMarkets(markets, query.market, query.after?.market)) {
        return problem("UNKNOWN_MARKET");
      }
      const outcome = await services.listOrders(
        {
          ...pageOf(accountId, query),
          ...(query.state === undefined ? {} : { state: query.state }),
        },
        traceparent,
      );
      return answerWith(outcome, "read", ({ rows, nextCursor }) =>
        success(200, {
          orders: rows.map((row: OrderRecord) => viewOrder(marketOf(markets, row.market), row)),
          nextCursor,
        }),
      );
    },
  );

  mountAccount(
    router,
    {
      ...list,
      path: "/v1/fills",
      summary: "The account's fills",
      query: createReader("query", FillsQuery),
      successes: { 200: { description: "Newest first.", schema: FillsPage } },
    },
    async ({ identity: { accountId }, query, traceparent }) => {
      if (!knowsMarkets(markets, query.market, query.after?.market, query.order?.market)) {
        return problem("UNKNOWN_MARKET");
      }
      const outcome = await services.listFills(
        {
          ...pageOf(accountId, query),
          ...(query.order === undefined ? {} : { order: query.order }),
        },
        traceparent,
      );
      return answerWith(outcome, "read", ({ rows, nextCursor }) =>
        success(200, {
          fills: rows.map((row: FillRecord) => viewFill(marketOf(markets, row.market), row)),
          nextCursor,
        }),
      );
    },
  );
}

type PageQuery = z.infer<z.ZodObject<typeof pageQuery>>;

function pageOf(accountId: AccountId, { market, limit, cursor, after }: PageQuery): PageRequest {
  return {
    accountId,
    limit,
    ...(market === undefined ? {} : { market }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(after === undefined ? {} : { after }),
  };
}

/** A row's market was listed once, and listed markets stay in the directory. */
function marketOf(markets: Markets, id: MarketId): Market {
  const market = markets.get(id);
  assert(market !== undefined, `market ${id} is not listed`);
  return market;
}
