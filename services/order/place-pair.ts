/**
 * Placing a one-cancels-other pair: one hold of the larger leg, one command, two orders. The hold is the first leg's, and
 * with it its client id; the second leg's id is minted, so that no other order can have it.
 */

import type { CommandPosition, OrderTerms, PlaceOrderPair } from "@exchange/streams/contract";
import { assert, assertSpendUnits } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { Admitted } from "./admit.ts";
import { admit } from "./admit.ts";
import { answerRepeat, answerUnplaceable } from "./answer-repeat.ts";
import type { OrderRecord, PlacedOrder, PlacedPair, PlacePairRequest } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import { findOrder, waitForOrder } from "./find-order.ts";
import type { Held } from "./hold-money.ts";
import { holdMoney } from "./hold-money.ts";
import { orderAfterVerdict, pendingOrder } from "./order-record.ts";
import { placementsOfPair, userOf } from "./placement.ts";
import { readFillsOf } from "./read-fills.ts";
import { referencePrice } from "./reference-price.ts";
import { ok, refused } from "./reply.ts";
import { mintClientOrderId, pairHash } from "./request-hash.ts";
import { tieOf, tieToSession } from "./session-tie.ts";
import type { TermsRequest } from "./terms.ts";
import { deriveTerms } from "./terms.ts";

export async function placePair(
  deps: OrderDeps,
  request: PlacePairRequest,
  traceparent: string | undefined,
): Promise<Reply<PlacedPair>> {
  const desk = deps.desks.get(request.market);
  if (desk === undefined) return refused("UNKNOWN_MARKET");
  const admission = { desk, kind: "placing", name: "place pair", request, traceparent } as const;
  return await admit(deps, admission, holdAndAppend);
}

interface Attempt extends Admitted<PlacePairRequest> {
  /** Past it the session may be over: `tieToSession`. */
  readonly tiedUntilMs: number;
  readonly clientOrderId: string;
  readonly terms: readonly [OrderTerms, OrderTerms];
}

async function holdAndAppend(
  deps: OrderDeps,
  admitted: Admitted<PlacePairRequest>,
): Promise<Reply<PlacedPair>> {
  const { desk, request, traceparent } = admitted;
  const { accountId, side } = request;
  const legs = legRequests(request);
  const requestHash = pairHash(legs);
  const tiedUntilMs = await tieToSession(deps, request);
  const terms = desk.hasRoom ? bothTerms(desk, legs) : "LOG_FULL";
  if (typeof terms === "string" || typeof tiedUntilMs === "string") {
    const repeat = { desk, request: { ...request, ...legs[0] }, hash: requestHash };
    const code = typeof terms === "string" ? terms : "SESSION_NOT_OPEN";
    return await withSecond(deps, admitted, await answerUnplaceable(deps, repeat, code));
  }
  const clientOrderId = request.clientOrderId ?? mintClientOrderId();
  const attempt: Attempt = { ...admitted, tiedUntilMs, clientOrderId, terms };
  const money = await holdMoney(deps, {
    desk,
    accountId,
    ...userOf(request),
    holdKey: clientOrderId,
    requestHash,
    conflict: "CLIENT_ORDER_ID_CONFLICT",
    side,
    units: heldUnitsOf(attempt),
    traceparent,
  });
  if (money.kind === "refused") return money;
  if (money.kind === "held") return await appendOnce(deps, attempt, money);
  const first = { desk, request: { ...request, ...legs[0] }, clientOrderId, state: money.state };
  return await withSecond(deps, admitted, await answerRepeat(deps, first));
}

/** Side and size are the pair's. */
function legRequests({
  side,
  qtyLots,
  legs: [first, second],
}: PlacePairRequest): readonly [TermsRequest, TermsRequest] {
  const common = { side, qtyLots, sizing: "quantity" } as const;
  return [
    { ...first, ...common },
    { ...second, ...common },
  ];
}

function bothTerms(
  desk: Desk,
  [firstLeg, secondLeg]: readonly [TermsRequest, TermsRequest],
): readonly [OrderTerms, OrderTerms] | "NOTIONAL_TOO_LARGE" | "NO_REFERENCE_PRICE" {
  const first = deriveTerms(firstLeg, referencePrice(desk));
  if (typeof first === "string") return first;
  const second = deriveTerms(secondLeg, referencePrice(desk));
  return typeof second === "string" ? second : [first, second];
}

function heldUnitsOf({ terms: [first, second] }: Attempt) {
  return assertSpendUnits(Math.max(first.spendMax, second.spendMax));
}

async function appendOnce(
  deps: OrderDeps,
  attempt: Attempt,
  held: Held,
): Promise<Reply<PlacedPair>> {
  const { desk, request, clientOrderId, terms, traceparent } = attempt;
  const { market } = desk;
  const { accountId } = request;
  // The hold ends at its deadline, and a repeat is told so.
  if (performance.now() > attempt.tiedUntilMs) return refused("OUTCOME_UNKNOWN");
  const command: PlaceOrderPair = {
    kind: "PlaceOrderPair",
    accountId,
    ...userOf(request),
    holdId: held.holdId,
    heldUnits: heldUnitsOf(attempt),
    // The row's own deadline: a later one would let the pair in after its money was released.
    deadlineMs: held.deadlineMs,
    definitionVersion: market.version,
    ...deps.fees.ratesOf(market, accountId),
    legs: [
      { clientOrderId, terms: terms[0] },
      { clientOrderId: mintClientOrderId(), terms: terms[1] },
    ],
    ...tieOf(request),
  };
  const startedMs = performance.now();
  const appended = await desk.appender.append(command, traceparent);
  deps.metrics.appendWait.observe((performance.now() - startedMs) / 1000);
  // The money stays held until the deadline, as a repeat is told.
  if (appended.kind === "full") return refused("OUTCOME_UNKNOWN");
  const [first, second] = placementsOfPair(command, appended.position);
  const pending = [pendingOrder(market, first), pendingOrder(market, second)] as const;
  for (const order of pending) desk.recent.put(order, appended.position);
  const at = { market: market.market, position: appended.position };
  const whole = (order: OrderRecord): PlacedOrder => ({ order, fills: [], repeated: false, at });
  const verdict = noteVerdict(desk, pending);
  if (request.respondAsync) return ok({ legs: [whole(pending[0]), whole(pending[1])] });
  const [firstNow, secondNow] = await verdict;
  return ok({
    legs: [
      { ...whole(firstNow.order), ...firstNow },
      { ...whole(secondNow.order), ...secondNow },
    ],
  });
}

type Known = Pick<PlacedOrder, "order" | "fills">;

/** Both legs are decided by the one command. */
async function noteVerdict(
  { market, recent, verdicts }: Desk,
  [first, second]: readonly [OrderRecord, OrderRecord],
): Promise<readonly [Known, Known]> {
  const command = first.orderId;
  const events = command === undefined ? undefined : await verdicts.wait(command);
  if (command === undefined || events === undefined) {
    return [
      { order: first, fills: [] },
      { order: second, fills: [] },
    ];
  }
  const known = [
    orderAfterVerdict(market, first, events),
    orderAfterVerdict(market, second, events),
  ] as const;
  for (const { order } of known) recent.put(order, command);
  return known;
}

/** The first leg was found by its client id; it names the second. */
async function withSecond(
  deps: OrderDeps,
  { desk, request }: Admitted<PlacePairRequest>,
  first: Reply<PlacedOrder>,
): Promise<Reply<PlacedPair>> {
  if (first.kind === "refused") return first;
  const { linkedOrderId } = first.value.order;
  if (linkedOrderId === undefined) return ok({ legs: [first.value] });
  const second = await findCommitted(deps, { desk, request, orderId: linkedOrderId });
  const fills = await readFillsOf(deps.db, desk.market, second);
  return ok({ legs: [first.value, { ...first.value, order: second, fills }] });
}

/** Both legs stand in one command, so that where the one is known the other is in the log at least. */
async function findCommitted(
  deps: OrderDeps,
  {
    desk,
    request,
    orderId,
  }: Pick<Admitted<PlacePairRequest>, "desk" | "request"> & { readonly orderId: CommandPosition },
): Promise<OrderRecord> {
  const { accountId } = request;
  const reference = { market: desk.market.market, orderId };
  const projected = await waitForOrder(desk, accountId, reference);
  if (projected !== undefined) return projected;
  const found = await findOrder(deps, { desk, accountId, reference });
  assert(found.kind === "found", "both legs of a pair stand in the log");
  return found.order;
}
