/**
 * Changing a resting order: hold the difference where it needs more, append the amend, answer the engine's verdict. The
 * engine accepts it only if what it then needs is at most what it has and what is held here. An amend with an id of its
 * own always holds, if only nothing, so that it is made once.
 */

import { stream } from "@exchange/streams";
import type {
  AmendOrder,
  EngineRejectCode,
  HoldState,
  MarketEvent,
  MarketPosition,
  OrderUpdated,
} from "@exchange/streams/contract";
import {
  assert,
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  unreachable,
} from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { Admitted } from "./admit.ts";
import { admit } from "./admit.ts";
import type { AmendedOrder, AmendRequest, OrderRecord } from "./api.ts";
import { cancelDeadlineMs } from "./cancel-deadline.ts";
import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import { findOpenOrder, findOrder } from "./find-order.ts";
import { findOwnRow } from "./find-row.ts";
import { holdMoney } from "./hold-money.ts";
import { lookUpFrozen, lookUpHold } from "./look-up-hold.ts";
import { orderAfterEvents } from "./order-events.ts";
import { needOf } from "./order-need.ts";
import { userOf } from "./placement.ts";
import { ok, refused } from "./reply.ts";
import { amendHash, mintClientOrderId } from "./request-hash.ts";

/** No client order id has it, so that an amend's hold is never taken for an order's. */
const AMEND_MARK = "@";

export async function amendOrder(
  deps: OrderDeps,
  request: AmendRequest,
  traceparent: string | undefined,
): Promise<Reply<AmendedOrder>> {
  const desk = deps.desks.get(request.order.market);
  if (desk === undefined) return refused("UNKNOWN_ORDER");
  const admission = { desk, kind: "placing", name: "amend order", request, traceparent } as const;
  return await admit(deps, admission, findAndAmend);
}

interface Amending extends Admitted<AmendRequest> {
  readonly order: OrderRecord;
}

/** What the amend has, with the deadline by which it must be in. */
interface Means {
  readonly deadlineMs: number;
  readonly hold: Pick<AmendOrder, "holdId" | "heldUnits">;
}

async function findAndAmend(
  deps: OrderDeps,
  admitted: Admitted<AmendRequest>,
): Promise<Reply<AmendedOrder>> {
  const { desk, request } = admitted;
  const { accountId, order: reference } = request;
  const order = await findOpenOrder(deps, { desk, accountId, reference });
  // Only now, and whatever the order is: what filled it by then may be an earlier attempt, which had its hold before.
  const earlier = request.amendId === undefined ? undefined : await findEarlier(deps, admitted);
  if (earlier?.kind === "refused") return earlier;
  if (earlier !== undefined) return await answerRepeat(deps, admitted, earlier.value);
  if (typeof order === "string") return refused(order);
  if (order.sizing === "budget") return refused("ORDER_NOT_AMENDABLE");
  if (!desk.hasRoom) return refused("LOG_FULL");
  const { priceTicks = order.priceTicks, qtyLots = order.qtyLots } = request;
  const needed = needOf({ ...order, priceTicks, qtyLots });
  if (needed === undefined) return refused("NOTIONAL_TOO_LARGE");
  const more = needed - (needOf(order) ?? 0);
  const amending: Amending = { ...admitted, order };
  // A hold of nothing tells repeats.
  return more > 0 || request.amendId !== undefined
    ? await holdAndAppend(deps, amending, Math.max(0, more))
    : await appendFreely(deps, amending);
}

/** Nothing is held, so that nobody else looks whether the account is frozen. */
async function appendFreely(deps: OrderDeps, amending: Amending): Promise<Reply<AmendedOrder>> {
  const { accountId, mainAccountId = accountId } = amending.request;
  const reply = await lookUpFrozen(deps, [accountId, mainAccountId]);
  if (reply.kind === "refused") return reply;
  return reply.value
    ? refused("ACCOUNT_FROZEN")
    : await append(deps, amending, { deadlineMs: cancelDeadlineMs(amending.desk), hold: {} });
}

/** After the amend the order needs no more, so that its hold alone tells a repeat. */
async function findEarlier(
  deps: OrderDeps,
  { request }: Admitted<AmendRequest>,
): Promise<Reply<HoldState> | undefined> {
  const { accountId, order } = request;
  const query = { accountId, market: order.market, clientOrderId: holdKeyOf(request) };
  const reply = await lookUpHold(deps, query);
  if (reply.kind === "refused") return reply;
  const hold = reply.value;
  if (hold === null) return undefined;
  return hold.requestHash === amendHash(request) ? ok(hold.state) : refused("IDEMPOTENCY_CONFLICT");
}

function holdKeyOf({ amendId }: AmendRequest): string {
  return AMEND_MARK + (amendId ?? mintClientOrderId());
}

async function holdAndAppend(
  deps: OrderDeps,
  amending: Amending,
  units: number,
): Promise<Reply<AmendedOrder>> {
  const { desk, request, order, traceparent } = amending;
  const money = await holdMoney(deps, {
    desk,
    accountId: order.accountId,
    ...userOf(request),
    holdKey: holdKeyOf(request),
    requestHash: amendHash(request),
    conflict: "IDEMPOTENCY_CONFLICT",
    side: order.side,
    units,
    traceparent,
  });
  if (money.kind === "refused") return money;
  if (money.kind === "repeat") return await answerRepeat(deps, amending, money.state);
  const { holdId, deadlineMs } = money;
  const hold = { holdId, heldUnits: assertSpendUnits(units) };
  return await append(deps, amending, { deadlineMs, hold });
}

/** Whether what the wallet has settled by now is in the order's row as well. */
async function isProjected(
  { jsm, cursors }: OrderDeps,
  { market: { market, epoch } }: Desk,
): Promise<boolean> {
  const { state } = await jsm.streams.info(stream.events(market, epoch));
  return await cursors.reached(market, state.last_seq);
}

/** An earlier attempt with the same id and wish: what its hold came to is what the amend came to. */
async function answerRepeat(
  deps: OrderDeps,
  { desk, request }: Admitted<AmendRequest>,
  state: HoldState,
): Promise<Reply<AmendedOrder>> {
  switch (state) {
    case "PENDING":
    case "LIVE":
    case "DONE": {
      const isPending = state === "PENDING" || !(await isProjected(deps, desk));
      const { accountId, order: reference } = request;
      const found = await findOrder(deps, { desk, accountId, reference });
      if (found.kind === "placing") return refused("ORDER_PENDING");
      // It was the account's order when the money was held.
      assert(found.kind === "found", "an order that was amended stands in the log");
      return ok({ order: found.order, fills: [], isPending });
    }
    case "REJECTED":
      return refused("AMEND_REJECTED");
    case "VOID":
      return refused("AMEND_EXPIRED");
    case "REFUSED":
      return refused("INSUFFICIENT_FUNDS");
    default:
      return unreachable(state);
  }
}

async function append(
  deps: OrderDeps,
  amending: Amending,
  { deadlineMs, hold }: Means,
): Promise<Reply<AmendedOrder>> {
  const { desk, request, order, traceparent } = amending;
  const { market, verdicts } = desk;
  const { accountId, orderId } = order;
  const { priceTicks, qtyLots } = request;
  assert(orderId !== undefined, "an order that was found has its id");
  const command: AmendOrder = {
    kind: "AmendOrder",
    accountId,
    orderId,
    deadlineMs,
    definitionVersion: market.version,
    ...deps.fees.ratesOf(market, accountId),
    ...(priceTicks !== undefined && { priceTicks: assertPriceTicks(priceTicks) }),
    ...(qtyLots !== undefined && { qtyLots: assertQtyLots(qtyLots) }),
    ...hold,
  };
  const appended = await desk.appender.append(command, traceparent);
  // Money that is held stays so until the deadline, as a repeat is told.
  if (appended.kind === "full") {
    return refused(hold.holdId === undefined ? "LOG_FULL" : "OUTCOME_UNKNOWN");
  }
  const at = { market: market.market, position: appended.position };
  const waiting = verdicts.wait(appended.position);
  const answered = waiting.then(
    async (events) => await answerVerdict(deps, amending, { at, events }),
  );
  if (!request.respondAsync) return await answered;
  answered.catch((error: unknown) =>
    deps.telemetry.logger.warn({ err: error }, "the verdict on an amend was not noted"),
  );
  return ok({ order, fills: [], isPending: true, at });
}

interface Decided {
  readonly at: MarketPosition;
  readonly events: readonly MarketEvent[] | undefined;
}

async function answerVerdict(
  deps: OrderDeps,
  { desk, order: found }: Amending,
  { at, events }: Decided,
): Promise<Reply<AmendedOrder>> {
  if (events === undefined) return ok({ order: found, fills: [], isPending: true, at });
  const refusal = events.find((event) => event.kind === "CommandRejected");
  if (refusal !== undefined) return refused(amendCode(refusal.code));
  const { market, orderId = 0, accountId } = found;
  const update = events.find((event) => event.kind === "OrderUpdated" && event.orderId === orderId);
  assert(update?.kind === "OrderUpdated", `the verdict on an amend of ${orderId} is not on it`);
  const known = desk.recent.find(accountId, { market, orderId }) ?? found;
  if (knowsAllBefore(known, update)) {
    const after = orderAfterEvents(desk.market, known, events);
    desk.recent.put(after.order, update.command);
    return ok({ ...after, isPending: false, at });
  }
  // Trades came in between: what they cost stands in the projection.
  const passed = await deps.cursors.passed(at);
  const row = passed ? await findOwnRow(desk.findRow, accountId, { market, orderId }) : undefined;
  return ok({ order: row ?? found, fills: [], isPending: row === undefined, at });
}

/** As the account sees it. */
function amendCode(code: EngineRejectCode): string {
  // It was the account's order, so the engine does not know it because it is over.
  if (code === "UNKNOWN_ORDER") return "ORDER_DONE";
  // The amend is what came too late: the order lives on.
  if (code === "ORDER_EXPIRED") return "AMEND_EXPIRED";
  // The difference was held for the order as it was: it traded, or another amend came first.
  return code === "HOLD_TOO_SMALL" ? "ORDER_CHANGED" : code;
}

function knowsAllBefore({ filledLots, createdMs }: OrderRecord, update: OrderUpdated): boolean {
  return createdMs !== 0 && update.qtyLots - update.openLots === filledLots;
}
