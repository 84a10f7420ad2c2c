/** `POST /v1/orders/pairs`: two orders of which one is to trade. */

import type { PairLegRequest, PlacePairRequest } from "@exchange/order/api";
import type { Market } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";
import type { z } from "@hono/zod-openapi";

import type { Markets } from "../deps.ts";
import type { Answer } from "../http/answer.ts";
import { answerRepeatable, problem, success } from "../http/answer.ts";
import type { FieldError, Parsed } from "../http/field-error.ts";
import { fieldError } from "../http/field-error.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import type { Reader } from "../http/reader.ts";
import { createReader, noPath, noQuery, parseFields } from "../http/reader.ts";
import { prefersAsync } from "../http/request-fields.ts";
import { PlacedPairView, PlacePairBody, PreferHeaders } from "../schemas/order.ts";
import { isBeyondKey, ownerOf } from "./key-limits.ts";
import { checkOrderFields } from "./order-fields.ts";
import { readOrderChoices, readOrderNumbers } from "./order-numbers.ts";
import { placementProblems } from "./place-order.ts";
import { answerPlaced, appliedIf, viewPlaced } from "./placed-answer.ts";

type PairBody = z.infer<typeof PlacePairBody>;
type LegBody = PairBody["takeProfit"] | PairBody["stopLoss"];
type PairInput = Omit<PlacePairRequest, "accountId" | "respondAsync">;

const description = `One-cancels-other: a take-profit and a stop of one side and quantity. When one trades, is set off or ends,
the other is cancelled first. The larger of the two needs is held, once. Answered as \`POST /v1/orders\` is.`;

export function mountPlacePair(router: Router): void {
  const { services, markets, authenticator } = router.deps;
  mountAccount(
    router,
    {
      scope: "trade",
      accounts: "chosen",
      method: "post",
      path: "/v1/orders/pairs",
      tag: "orders",
      summary: "Place a one-cancels-other pair",
      description,
      limit: "orders",
      weight: 2,
      pathFields: noPath,
      query: noQuery,
      headers: createReader("header", PreferHeaders),
      body: createPairReader(markets),
      successes: {
        200: { description: "A repeat: both orders as they are now.", schema: PlacedPairView },
        201: { description: "Placed, with the engine's verdict.", schema: PlacedPairView },
        202: { description: "Pending: the verdict is out.", schema: PlacedPairView },
      },
      problems: placementProblems,
    },
    async ({ identity, body, request, traceparent }) => {
      if (!authenticator.fresh) return problem("FEED_STALE");
      const market = markets.get(body.market);
      assert(market !== undefined, "the reader let an unknown market pass");
      const respondAsync = prefersAsync(request.headers);
      const { legs, ...shared } = body;
      if (legs.some((leg) => isBeyondKey(identity, { ...leg, ...shared }))) {
        return problem("KEY_LIMIT");
      }
      const wish = { ...ownerOf(identity, body.market), ...body, respondAsync };
      const outcome = await services.placePair(wish, traceparent);
      const { clientOrderId } = body;
      return answerRepeatable(outcome, { clientOrderId }, ({ legs: [first, second] }) => {
        const known = {
          takeProfit: viewPlaced(market, first),
          ...(second !== undefined && { stopLoss: viewPlaced(market, second) }),
        };
        const slower = second?.order.state === "PENDING" ? second : first;
        return answerPair(answerPlaced(market, slower, respondAsync), known, respondAsync);
      });
    },
  );
}

/** Both legs have one verdict: the answer of one leg, with both in it. */
function answerPair(
  answer: Answer,
  both: Readonly<Partial<Record<"takeProfit" | "stopLoss", unknown>>>,
  respondAsync: boolean,
): Answer {
  if (answer.kind === "problem") return problem(answer.code, { members: both });
  return success(answer.kind === "success" ? answer.status : 200, both, appliedIf(respondAsync));
}

function createPairReader(markets: Markets): Reader<PairInput> {
  return {
    schema: PlacePairBody,
    read(raw) {
      const shape = parseFields("body", PlacePairBody, raw);
      return shape.kind === "valid" ? readPair(shape.value, markets) : shape;
    },
  };
}

function readPair(body: PairBody, markets: Markets): Parsed<PairInput> {
  const market = markets.get(body.market);
  if (market === undefined) {
    return { kind: "invalid", errors: [fieldError("body", "market", "UNKNOWN_MARKET")] };
  }
  const errors: FieldError[] = [];
  const { qtyLots = 0 } = readOrderNumbers({ quantity: body.quantity }, { market, errors });
  const { side, sessionId } = body;
  // A limit that took at once would be no take-profit: it is post-only without being asked.
  const { postOnly = body.takeProfit.type === "limit" } = body.takeProfit;
  const takeProfit = { ...body.takeProfit, postOnly };
  const legs = [
    readLeg({ leg: takeProfit, side, name: "takeProfit" }, market, errors),
    readLeg({ leg: body.stopLoss, side, name: "stopLoss" }, market, errors),
  ] as const;
  if (errors.length > 0) return { kind: "invalid", errors };
  const clientOrderId = body.clientOrderId ?? crypto.randomUUID();
  const common = { market: market.market, clientOrderId, side, qtyLots };
  const tie = sessionId === undefined ? {} : { sessionId };
  return { kind: "valid", value: { ...common, legs, ...tie } };
}

interface NamedLeg {
  readonly leg: LegBody;
  readonly side: "buy" | "sell";
  readonly name: keyof PairBody;
}

/** Adds to `errors`. */
function readLeg(
  { leg, side, name }: NamedLeg,
  market: Market,
  errors: FieldError[],
): PairLegRequest {
  const prefix = `${name}.`;
  // The pair's own quantity stands beside its legs, and is read there.
  errors.push(...checkOrderFields({ ...leg, side, quantity: "" }, prefix));
  return {
    type: leg.type,
    timeInForce: leg.timeInForce ?? "GTC",
    postOnly: leg.postOnly ?? false,
    ...readOrderNumbers(leg, { market, errors, prefix }),
    ...readOrderChoices(leg),
  };
}
