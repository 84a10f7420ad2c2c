/** `POST /v1/orders`, the way every order takes. */

import { assert } from "@exchange/streams/contract";

import { answerRepeatable, problem } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import type { ProblemCode } from "../http/problem-codes.ts";
import { createReader, noPath, noQuery } from "../http/reader.ts";
import { prefersAsync } from "../http/request-fields.ts";
import { PlacedView, PreferHeaders } from "../schemas/order.ts";
import { isBeyondKey, ownerOf } from "./key-limits.ts";
import { createOrderReader } from "./order-reader.ts";
import { answerPlaced } from "./placed-answer.ts";

const description = `Answers with the engine's verdict and the fills so far; after a second, or at once with
\`Prefer: respond-async\`, with 202 and the order as PENDING. A repeat with the same \`clientOrderId\` is answered
with the same order: 200 when it has its verdict, 202 while it has none. An order that the engine rejected is
answered with the engine's code, 422, also when repeated, and one that missed its deadline with 410; both carry the order. After
\`OUTCOME_UNKNOWN\` repeat the request with the \`clientOrderId\` the problem names: it is placed at most once,
and money may be held for it for half a minute.`;

/** What any placement may be refused with. */
export const placementProblems = [
  "UNKNOWN_MARKET",
  "INSUFFICIENT_FUNDS",
  "ACCOUNT_FROZEN",
  "KEY_LIMIT",
  "CLIENT_ORDER_ID_CONFLICT",
  "SESSION_NOT_OPEN",
  "ORDER_EXPIRED",
  "NO_REFERENCE_PRICE",
  "NOTIONAL_TOO_LARGE",
  "POST_ONLY_WOULD_TRADE",
  "FOK_NOT_FILLABLE",
  "TERMS_NOT_COMBINABLE",
  "NOTIONAL_TOO_SMALL",
  "QTY_TOO_LARGE",
  "TOO_MANY_OPEN_ORDERS",
  "TOO_MANY_KEY_ORDERS",
  "EXPIRE_TIME_PASSED",
  "PRICE_OUTSIDE_COLLAR",
  "TRIGGER_OUT_OF_RANGE",
  "TRIGGER_REACHED",
  "MARKET_CHANGED",
  "MARKET_PRE_OPEN",
  "MARKET_IN_AUCTION",
  "MARKET_POST_ONLY",
  "MARKET_HALTED",
  "MARKET_CANCEL_ONLY",
  "MARKET_CLOSED",
  "WRONG_EPOCH",
  "FEED_STALE",
  "LOG_FULL",
  "CLOCK_SKEW",
  "UNAVAILABLE",
  "OUTCOME_UNKNOWN",
] as const satisfies readonly ProblemCode[];

export function mountPlaceOrder(router: Router): void {
  const { services, markets, authenticator } = router.deps;

  mountAccount(
    router,
    {
      scope: "trade",
      accounts: "chosen",
      method: "post",
      path: "/v1/orders",
      tag: "orders",
      summary: "Place an order",
      description,
      limit: "orders",
      pathFields: noPath,
      query: noQuery,
      headers: createReader("header", PreferHeaders),
      body: createOrderReader(markets),
      successes: {
        200: { description: "A repeat: the order as it is now.", schema: PlacedView },
        201: { description: "Placed, with the engine's verdict.", schema: PlacedView },
        202: { description: "Pending: the verdict is out.", schema: PlacedView },
      },
      problems: placementProblems,
    },
    async ({ identity, body, request, traceparent }) => {
      if (!authenticator.fresh) return problem("FEED_STALE");
      const market = markets.get(body.market);
      assert(market !== undefined, "the reader let an unknown market pass");
      const respondAsync = prefersAsync(request.headers);
      if (isBeyondKey(identity, body)) return problem("KEY_LIMIT");
      const wish = { ...ownerOf(identity, body.market), ...body, respondAsync };
      const outcome = await services.placeOrder(wish, traceparent);
      return answerRepeatable(outcome, { clientOrderId: body.clientOrderId }, (placed) =>
        answerPlaced(market, placed, respondAsync),
      );
    },
  );
}
