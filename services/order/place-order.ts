/**
 * Placing an order: hold the money, append the command, answer the engine's verdict. Nothing is held
 * when there is too much to do already, and nothing is appended unless this very attempt holds.
 */

import type {
  CommandPosition,
  HoldDecision,
  OrderTerms,
  PlaceOrder,
} from "@exchange/streams/contract";
import { holdAmount, holdAsset, unreachable } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import { answerRepeat, answerUnplaceable } from "./answer-repeat.ts";
import type { OrderRecord, PlacedOrder, PlaceRequest } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import type { HoldOutcome } from "./hold-funds.ts";
import type { OrderOutcome } from "./order-record.ts";
import { orderAfterVerdict, pendingOrder } from "./order-record.ts";
import { referencePrice } from "./reference-price.ts";
import { ok, refused } from "./reply.ts";
import { mintAttempt, mintClientOrderId, requestHash } from "./request-hash.ts";
import { deriveTerms } from "./terms.ts";

export async function placeOrder(
  deps: OrderDeps,
  request: PlaceRequest,
  traceparent: string | undefined,
): Promise<Reply<PlacedOrder>> {
  const desk = deps.desks.get(request.market);
  if (desk === undefined) return refused("UNKNOWN_MARKET");
  const answer = desk.placing.admit(() =>
    deps.telemetry.traced("place order", traceparent, (inner) =>
      holdAndAppend(deps, { desk, request, traceparent: inner }),
    ),
  );
  return (await answer) ?? refused("OVERLOADED");
}

interface Admitted {
  readonly desk: Desk;
  readonly request: PlaceRequest;
  readonly traceparent: string | undefined;
}

interface Attempt extends Admitted {
  readonly clientOrderId: string;
  readonly terms: OrderTerms;
}

async function holdAndAppend(deps: OrderDeps, admitted: Admitted): Promise<Reply<PlacedOrder>> {
  const { desk, request } = admitted;
  const terms = desk.hasRoom ? deriveTerms(request, referencePrice(desk)) : "LOG_FULL";
  if (typeof terms === "string") return await answerUnplaceable(deps, admitted, terms);
  const clientOrderId = request.clientOrderId ?? mintClientOrderId();
  const attempt: Attempt = { ...admitted, clientOrderId, terms };
  const outcome = await holdMoney(deps, attempt);
  switch (outcome.kind) {
    case "held":
      return await appendOnce(deps, attempt, outcome);
    case "repeat":
      return await answerRepeat(deps, { desk, request, clientOrderId, state: outcome.state });
    case "conflict":
      return refused("CLIENT_ORDER_ID_CONFLICT");
    case "refused":
    case "declined":
      return refused(outcome.code);
    case "unknown":
      return refused("UNAVAILABLE");
    default:
      return unreachable(outcome);
  }
}

async function holdMoney(
  { holdFunds, metrics }: OrderDeps,
  { desk, request, clientOrderId, terms, traceparent }: Attempt,
): Promise<HoldOutcome> {
  const startedMs = performance.now();
  const outcome = await holdFunds({
    hold: {
      accountId: request.accountId,
      market: request.market,
      clientOrderId,
      requestHash: requestHash(request),
      attempt: mintAttempt(),
      asset: holdAsset(desk.market, terms.side),
      amount: holdAmount(desk.market, terms.side, terms.spendMax).toString(),
    },
    traceparent,
  });
  metrics.holdWait.observe((performance.now() - startedMs) / 1000);
  return outcome;
}

async function appendOnce(
  deps: OrderDeps,
  { desk, request, clientOrderId, terms, traceparent }: Attempt,
  held: Extract<HoldDecision, { kind: "held" }>,
): Promise<Reply<PlacedOrder>> {
  const { market } = desk;
  const command: PlaceOrder = {
    kind: "PlaceOrder",
    accountId: request.accountId,
    clientOrderId,
    holdId: held.holdId,
    // The row's own deadline: a later one would let the order in after its money was released.
    deadlineMs: held.deadlineMs,
    definitionVersion: market.version,
    makerFeePpm: market.makerFeePpm,
    takerFeePpm: market.takerFeePpm,
    terms,
    ...(request.sessionId !== undefined && { sessionId: request.sessionId }),
  };
  const startedMs = performance.now();
  const appended = await desk.appender.append(command, traceparent);
  const appendedMs = performance.now();
  deps.metrics.appendWait.observe((appendedMs - startedMs) / 1000);
  if (appended.kind === "full") return refused("LOG_FULL");
  const orderId = appended.position;
  const at = { market: market.market, position: orderId };
  const pending = pendingOrder(market, {
    orderId,
    accountId: request.accountId,
    clientOrderId,
    terms,
  });
  desk.recent.put(pending);
  const verdict = noteVerdict(desk, pending, orderId);
  if (request.respondAsync) return ok({ order: pending, fills: [], repeated: false, at });
  const { order, fills } = await verdict;
  deps.metrics.verdictWait.observe((performance.now() - appendedMs) / 1000);
  return ok({ order, fills, repeated: false, at });
}

/** Remembered also when nobody waits for it: a cancel that follows then need not wait for the projection. */
async function noteVerdict(
  { market, recent, verdicts }: Desk,
  pending: OrderRecord,
  orderId: CommandPosition,
): Promise<OrderOutcome> {
  const events = await verdicts.wait(orderId);
  if (events === undefined) return { order: pending, fills: [] };
  const outcome = orderAfterVerdict(market, pending, events);
  recent.put(outcome.order);
  return outcome;
}
