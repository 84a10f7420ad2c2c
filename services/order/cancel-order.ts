/** Cancelling one order: find whose it is, append the cancel behind it, answer the engine's verdict. */

import type {
  AccountId,
  CancelOrder,
  CommandPosition,
  EngineRejectCode,
  MarketEvent,
  MarketPosition,
} from "@exchange/streams/contract";
import { assert, unreachable } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { Admitted } from "./admit.ts";
import { admit } from "./admit.ts";
import type { CancelledOrder, CancelRequest, OrderRecord, OrderReference } from "./api.ts";
import { cancelDeadlineMs } from "./cancel-deadline.ts";
import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import { findOrder } from "./find-order.ts";
import { findOwnRow } from "./find-row.ts";
import type { Found } from "./note-cancel.ts";
import { noteCancel } from "./note-cancel.ts";
import { isOpen } from "./order-record.ts";
import { ok, refused } from "./reply.ts";
import type { Verdict } from "./verdicts.ts";

export async function cancelOrder(
  deps: OrderDeps,
  request: CancelRequest,
  traceparent: string | undefined,
): Promise<Reply<CancelledOrder>> {
  const desk = deps.desks.get(request.order.market);
  if (desk === undefined) return refused("UNKNOWN_ORDER");
  const admission = {
    desk,
    kind: "cancelling",
    name: "cancel order",
    request,
    traceparent,
  } as const;
  return await admit(deps, admission, findAndCancel);
}

async function findAndCancel(
  deps: OrderDeps,
  { desk, request, traceparent }: Admitted<CancelRequest>,
): Promise<Reply<CancelledOrder>> {
  const { accountId, order: reference } = request;
  const recent = findRecent(desk, accountId, reference);
  const found =
    recent === undefined
      ? await findOrder(deps, { desk, accountId, reference })
      : { kind: "found" as const, order: recent };
  switch (found.kind) {
    case "unknown":
      return refused("UNKNOWN_ORDER");
    case "expired":
      return refused("ORDER_DONE");
    case "placing":
      return refused("ORDER_PENDING");
    case "found":
      return isOpen(found.order.state)
        ? await appendCancel(deps, { desk, request, found, traceparent })
        : refused("ORDER_DONE");
    default:
      return unreachable(found);
  }
}

/** One that may have been changed unheard is read again, so that the cancel's answer need not wait for the projection. */
function findRecent(
  { recent }: Desk,
  accountId: AccountId,
  reference: OrderReference,
): OrderRecord | undefined {
  const order = recent.find(accountId, reference);
  return order === undefined || order.state === "PENDING" ? order : recent.latest(order);
}

interface Cancelling extends Admitted<CancelRequest> {
  readonly found: Found;
}

async function appendCancel(
  deps: OrderDeps,
  { desk, request, found, traceparent }: Cancelling,
): Promise<Reply<CancelledOrder>> {
  const { order } = found;
  const { accountId, orderId } = order;
  assert(orderId !== undefined, "an order that was found has its id");
  const command: CancelOrder = {
    kind: "CancelOrder",
    accountId,
    orderId,
    deadlineMs: cancelDeadlineMs(desk),
  };
  const appended = await desk.appender.append(command, traceparent);
  if (appended.kind === "full") return refused("LOG_FULL");
  const at = { market: desk.market.market, position: appended.position };
  const pending: CancelledOrder = { order: { ...order, state: "PENDING" }, at };
  const events = desk.verdicts.wait(appended.position);
  if (request.respondAsync === true) {
    void noteVerdict(desk, found, events);
    return ok(pending);
  }
  const known = await events;
  if (known === undefined) return ok(pending);
  return await answerVerdict(deps, { desk, found, at, verdict: verdictOf(known, orderId) });
}

/** Remembered also when nobody waits for it, so that what asks next need not wait for the projection. */
async function noteVerdict(desk: Desk, found: Found, waiting: Promise<Verdict>): Promise<void> {
  const { orderId } = found.order;
  const events = await waiting;
  if (events === undefined || orderId === undefined) return;
  const verdict = verdictOf(events, orderId);
  if (verdict.kind === "refused") return;
  noteCancel(desk, found, verdict);
}

type CancelVerdict =
  | Extract<MarketEvent, { kind: "OrderCancelled" }>
  | { readonly kind: "refused"; readonly code: EngineRejectCode };

function verdictOf(events: readonly MarketEvent[], orderId: CommandPosition): CancelVerdict {
  for (const event of events) {
    if (event.kind === "OrderCancelled" && event.orderId === orderId) return event;
    if (event.kind === "CommandRejected") return { kind: "refused", code: event.code };
  }
  throw new Error(`the verdict on a cancel of ${orderId} does not speak of it`);
}

interface Decided {
  readonly desk: Desk;
  readonly found: Found;
  readonly at: MarketPosition;
  readonly verdict: CancelVerdict;
}

async function answerVerdict(
  deps: OrderDeps,
  { desk, found, at, verdict }: Decided,
): Promise<Reply<CancelledOrder>> {
  if (verdict.kind === "refused") {
    // It was the account's order, so the engine does not know it because it is over.
    return verdict.code === "UNKNOWN_ORDER"
      ? refused("ORDER_DONE")
      : refused("UNAVAILABLE", verdict.code);
  }
  const { orderId } = verdict;
  const { order } = found;
  const cancelled = noteCancel(desk, found, verdict);
  if (cancelled !== undefined) return ok({ order: cancelled, at });
  // Trades or an amend came in between: what they did stands in the projection.
  const passed = await deps.cursors.passed(at);
  const row = passed
    ? await findOwnRow(desk.findRow, order.accountId, {
        market: at.market,
        orderId,
      })
    : undefined;
  return ok({ order: row ?? { ...order, state: "PENDING" }, at });
}
