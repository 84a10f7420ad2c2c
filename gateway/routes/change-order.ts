/** Changing an open order: in place, or by another one in its place. */

import type { AmendedOrder, AmendRequest } from "@exchange/order/api";
import type { Market } from "@exchange/streams/contract";
import { formatMarketPosition } from "@exchange/streams/contract";
import { z } from "@hono/zod-openapi";

import type { Success } from "../http/answer.ts";
import { answerRepeatable, answerWith, invalid, problem, success } from "../http/answer.ts";
import type { FieldError } from "../http/field-error.ts";
import { fieldError } from "../http/field-error.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import { createReader } from "../http/reader.ts";
import { prefersAsync } from "../http/request-fields.ts";
import { MarketName } from "../schemas/common.ts";
import { AmendOrderBody, PlacedView, PreferHeaders } from "../schemas/order.ts";
import { viewFill, viewOrder } from "../views/order-view.ts";
import { isBeyondKey, ownerOf } from "./key-limits.ts";
import { readOrderNumbers } from "./order-numbers.ts";
import { createOrderReader } from "./order-reader.ts";
import { orderPath, readOrderReference } from "./order-reference.ts";
import { placementProblems } from "./place-order.ts";
import { answerPlaced, appliedIf, locationOf } from "./placed-answer.ts";

const marketQuery = createReader("query", z.strictObject({ market: MarketName.optional() }));
const preferHeaders = createReader("header", PreferHeaders);

const amendProblems = [
  "UNKNOWN_ORDER",
  "ORDER_DONE",
  "ORDER_PENDING",
  "ORDER_NOT_AMENDABLE",
  "QTY_ALREADY_FILLED",
  "ORDER_CHANGED",
  "AMEND_EXPIRED",
  "AMEND_REJECTED",
  "IDEMPOTENCY_CONFLICT",
  ...placementProblems,
] as const;

const replaceProblems = [
  "UNKNOWN_ORDER",
  "ORDER_DONE",
  "ORDER_PENDING",
  "ORDER_NOT_AMENDABLE",
  "HOLD_TOO_SMALL",
  ...placementProblems,
] as const;

const plain = {
  tag: "orders",
  accounts: "chosen",
  limit: "orders",
  pathFields: orderPath,
  query: marketQuery,
  headers: preferHeaders,
} as const;

export function mountChangeOrder(router: Router): void {
  mountAmend(router);
  mountReplace(router);
}

function mountAmend(router: Router): void {
  const { services, markets, authenticator } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      scope: "trade",
      method: "patch",
      path: "/v1/orders/{id}",
      summary: "Amend an order that rests",
      description: `Another price or quantity, or both. Less quantity at the same price keeps its place in the queue; anything else
joins the back, and may trade at once. What the order then needs beyond what it holds is held first. A repeat with the
same \`amendId\` is answered with what became of the amend: 200 when the order below shows it, 202 while it may not. After \`OUTCOME_UNKNOWN\` repeat
the request: with an \`amendId\` it is made at most once; until half a minute later money may be held for it. \`ORDER_CHANGED\`: it traded or was amended meanwhile, so that what was
held for this amend is not enough; nothing changed, look at the order and ask again.`,
      body: createReader("body", AmendOrderBody),
      successes: {
        200: { description: "Amended: the order as it is now.", schema: PlacedView },
        202: { description: "Asked for; the verdict is out.", schema: PlacedView },
      },
      problems: amendProblems,
    },
    async ({ identity, path, query, body, request, traceparent }) => {
      if (!authenticator.fresh) return problem("FEED_STALE");
      const reference = readOrderReference(path.id, query.market);
      if (reference.kind === "invalid") return invalid(reference.errors);
      const order = reference.value;
      const market = markets.get(order.market);
      if (market === undefined) return problem("UNKNOWN_MARKET");
      const change = readChange(market, body);
      if ("errors" in change) return invalid(change.errors);
      const respondAsync = prefersAsync(request.headers);
      const { accountId, mainAccountId } = identity;
      const limited = { market: order.market, ...change };
      if (isBeyondKey(identity, limited)) return problem("KEY_LIMIT");
      const user = mainAccountId === undefined ? {} : { mainAccountId };
      const wish = { accountId, ...user, order, ...change, respondAsync };
      return answerWith(await services.amendOrder(wish, traceparent), "write", (amended) =>
        answerAmended(market, amended, respondAsync),
      );
    },
  );
}

type Change = Pick<AmendRequest, "priceTicks" | "qtyLots" | "amendId">;

function readChange(
  market: Market,
  { amendId, price, quantity }: z.infer<typeof AmendOrderBody>,
): Change | { readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const { priceTicks, qtyLots } = readOrderNumbers({ price, quantity }, { market, errors });
  if (price === undefined && quantity === undefined) {
    errors.push(fieldError("body", "quantity", "REQUIRED"));
  }
  if (errors.length > 0) return { errors };
  return {
    ...(priceTicks !== undefined && { priceTicks }),
    ...(qtyLots !== undefined && { qtyLots }),
    ...(amendId !== undefined && { amendId }),
  };
}

function answerAmended(
  market: Market,
  { order, fills, isPending, at }: AmendedOrder,
  respondAsync: boolean,
): Success {
  const view = {
    order: viewOrder(market, order),
    fills: fills.map((fill) => viewFill(market, fill)),
    ...(at === undefined ? {} : { at: formatMarketPosition(at) }),
  };
  return isPending
    ? success(202, view, { location: locationOf({ order }), ...appliedIf(respondAsync) })
    : success(200, view);
}

function mountReplace(router: Router): void {
  const { services, markets, authenticator } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      scope: "trade",
      method: "post",
      path: "/v1/orders/{id}/replace",
      weight: 2,
      summary: "Cancel an order and place another in its place",
      description: `Both or neither: when the new order is refused, the old one stays as it is. The body is a placement of the same
market and side; what the old order holds counts for the new one. Answered as \`POST /v1/orders\` is, repeats too.`,
      body: createOrderReader(markets),
      successes: {
        200: { description: "A repeat: the new order as it is now.", schema: PlacedView },
        201: { description: "Replaced, with the engine's verdict.", schema: PlacedView },
        202: { description: "Pending: the verdict is out.", schema: PlacedView },
      },
      problems: replaceProblems,
    },
    async ({ identity, path, query, body, request, traceparent }) => {
      if (!authenticator.fresh) return problem("FEED_STALE");
      const reference = readOrderReference(path.id, query.market);
      if (reference.kind === "invalid") return invalid(reference.errors);
      const replaces = reference.value;
      const market = markets.get(body.market);
      if (market === undefined) return problem("UNKNOWN_MARKET");
      if (replaces.market !== body.market) {
        return invalid([fieldError("body", "market", "NOT_ALLOWED")]);
      }
      const respondAsync = prefersAsync(request.headers);
      if (isBeyondKey(identity, body)) return problem("KEY_LIMIT");
      const wish = { ...ownerOf(identity, body.market), ...body, replaces, respondAsync };
      const outcome = await services.placeOrder(wish, traceparent);
      return answerRepeatable(outcome, { clientOrderId: body.clientOrderId }, (placed) =>
        answerPlaced(market, placed, respondAsync),
      );
    },
  );
}
