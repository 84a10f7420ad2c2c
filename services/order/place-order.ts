/**
 * Placing an order: hold the money, append the command, answer the engine's verdict. Nothing is held
 * when there is too much to do already, and nothing is appended unless this very attempt holds.
 */

import type { MarketEvent, OrderTerms, PlaceOrder, SpendUnits } from "@exchange/streams/contract";
import { assert, assertSpendUnits } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { Admitted } from "./admit.ts";
import { admit } from "./admit.ts";
import { answerRepeat, answerUnplaceable } from "./answer-repeat.ts";
import type { OrderRecord, OrderReference, PlacedOrder, PlaceRequest } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import { findOpenOrder } from "./find-order.ts";
import type { Held } from "./hold-money.ts";
import { holdMoney } from "./hold-money.ts";
import { noteCancel } from "./note-cancel.ts";
import { needOf } from "./order-need.ts";
import type { OrderOutcome } from "./order-record.ts";
import { orderAfterVerdict, pendingOrder } from "./order-record.ts";
import { userOf } from "./placement.ts";
import { referencePrice } from "./reference-price.ts";
import { ok, refused } from "./reply.ts";
import { mintClientOrderId, requestHash } from "./request-hash.ts";
import { tieOf, tieToSession } from "./session-tie.ts";
import { deriveTerms } from "./terms.ts";

export async function placeOrder(
  deps: OrderDeps,
  request: PlaceRequest,
  traceparent: string | undefined,
): Promise<Reply<PlacedOrder>> {
  const desk = deps.desks.get(request.market);
  if (desk === undefined) return refused("UNKNOWN_MARKET");
  const admission = { desk, kind: "placing", name: "place order", request, traceparent } as const;
  return await admit(deps, admission, holdAndAppend);
}

interface Attempt extends Admitted<PlaceRequest> {
  /** Past it the session may be over: `tieToSession`. */
  readonly tiedUntilMs: number;
  readonly clientOrderId: string;
  readonly terms: OrderTerms;
  readonly replaced: OrderRecord | undefined;
}

async function holdAndAppend(
  deps: OrderDeps,
  admitted: Admitted<PlaceRequest>,
): Promise<Reply<PlacedOrder>> {
  const { desk, request, traceparent } = admitted;
  const { accountId, replaces } = request;
  const tiedUntilMs = await tieToSession(deps, request);
  if (typeof tiedUntilMs === "string") return await answerUnplaceable(deps, admitted, tiedUntilMs);
  const replaced =
    replaces === undefined ? undefined : await findReplaced(deps, { ...admitted, replaces });
  if (typeof replaced === "string") return await answerUnplaceable(deps, admitted, replaced);
  const terms = desk.hasRoom ? deriveTerms(request, referencePrice(desk)) : "LOG_FULL";
  if (typeof terms === "string") return await answerUnplaceable(deps, admitted, terms);
  const clientOrderId = request.clientOrderId ?? mintClientOrderId();
  const attempt: Attempt = { ...admitted, tiedUntilMs, clientOrderId, terms, replaced };
  const money = await holdMoney(deps, {
    desk,
    accountId,
    ...userOf(request),
    holdKey: clientOrderId,
    requestHash: requestHash(request),
    conflict: "CLIENT_ORDER_ID_CONFLICT",
    side: terms.side,
    units: heldUnitsOf(attempt),
    traceparent,
  });
  if (money.kind === "refused") return money;
  return money.kind === "held"
    ? await appendOnce(deps, attempt, money)
    : await answerRepeat(deps, { desk, request, clientOrderId, state: money.state });
}

/** What the new order needs beyond what the replaced one has: possibly nothing. */
function heldUnitsOf({ terms, replaced }: Pick<Attempt, "terms" | "replaced">): SpendUnits {
  const inherited = replaced === undefined ? 0 : (needOf(replaced) ?? 0);
  return assertSpendUnits(Math.max(0, terms.spendMax - inherited));
}

async function findReplaced(
  deps: OrderDeps,
  { desk, request, replaces }: Admitted<PlaceRequest> & { readonly replaces: OrderReference },
): Promise<
  OrderRecord | "UNKNOWN_ORDER" | "ORDER_DONE" | "ORDER_PENDING" | "TERMS_NOT_COMBINABLE"
> {
  const { accountId, side } = request;
  const order = await findOpenOrder(deps, { desk, accountId, reference: replaces });
  if (typeof order === "string") return order;
  // The money of the one side is not the other's.
  return order.side === side ? order : "TERMS_NOT_COMBINABLE";
}

async function appendOnce(
  deps: OrderDeps,
  attempt: Attempt,
  held: Held,
): Promise<Reply<PlacedOrder>> {
  const { desk, request, clientOrderId, terms, replaced, traceparent } = attempt;
  const { market } = desk;
  // The hold ends at its deadline, and a repeat is told so.
  if (performance.now() > attempt.tiedUntilMs) return refused("OUTCOME_UNKNOWN");
  const command: PlaceOrder = {
    kind: "PlaceOrder",
    accountId: request.accountId,
    ...userOf(request),
    clientOrderId,
    holdId: held.holdId,
    // The row's own deadline: a later one would let the order in after its money was released.
    deadlineMs: held.deadlineMs,
    definitionVersion: market.version,
    ...deps.fees.ratesOf(market, request.accountId),
    terms,
    ...replacementOf(attempt),
    ...tieOf(request),
  };
  const startedMs = performance.now();
  const appended = await desk.appender.append(command, traceparent);
  const appendedMs = performance.now();
  deps.metrics.appendWait.observe((appendedMs - startedMs) / 1000);
  // The money stays held until the deadline, as a repeat is told.
  if (appended.kind === "full") return refused("OUTCOME_UNKNOWN");
  const orderId = appended.position;
  const at = { market: market.market, position: orderId };
  const pending = pendingOrder(market, {
    orderId,
    accountId: request.accountId,
    clientOrderId,
    terms,
    ...(replaced?.orderId !== undefined && { links: { replaces: replaced.orderId } }),
  });
  desk.recent.put(pending, orderId);
  const verdict = noteVerdict(desk, pending, replaced);
  if (request.respondAsync) return ok({ order: pending, fills: [], repeated: false, at });
  const { order, fills } = await verdict;
  deps.metrics.verdictWait.observe((performance.now() - appendedMs) / 1000);
  return ok({ order, fills, repeated: false, at });
}

function replacementOf(attempt: Attempt): Pick<PlaceOrder, "replaces" | "heldUnits"> {
  const { replaced } = attempt;
  if (replaced === undefined) return {};
  assert(replaced.orderId !== undefined, "an order that was found has its id");
  return { replaces: replaced.orderId, heldUnits: heldUnitsOf(attempt) };
}

/** Remembered also when nobody waits for it: a cancel that follows then need not wait for the projection. */
async function noteVerdict(
  desk: Desk,
  pending: OrderRecord,
  replaced: OrderRecord | undefined,
): Promise<OrderOutcome> {
  const { market, recent, verdicts } = desk;
  const { orderId } = pending;
  assert(orderId !== undefined, "an order that was appended has its id");
  const events = await verdicts.wait(orderId);
  if (events === undefined) return { order: pending, fills: [] };
  const outcome = orderAfterVerdict(market, pending, events);
  recent.put(outcome.order, orderId);
  if (replaced !== undefined) noteReplaced(desk, replaced, events);
  return outcome;
}

function noteReplaced(desk: Desk, replaced: OrderRecord, events: readonly MarketEvent[]): void {
  for (const event of events) {
    if (event.kind === "OrderCancelled" && event.orderId === replaced.orderId) {
      noteCancel(desk, { order: replaced }, event);
    }
  }
}
