/** A request that was made before is answered with what became of the order since, never with a new one. */

import type { HoldState } from "@exchange/streams/contract";
import { unreachable } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { OrderRecord, PlacedOrder, PlaceRequest } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import { findProjected, waitForOrder } from "./find-order.ts";
import { lookUpHold } from "./look-up-hold.ts";
import { pendingOrder } from "./order-record.ts";
import { readFillsOf } from "./read-fills.ts";
import { ok, refused } from "./reply.ts";
import { requestHash } from "./request-hash.ts";
import { requestedTerms } from "./terms.ts";

export interface Repeat {
  readonly desk: Desk;
  readonly request: PlaceRequest;
  readonly clientOrderId: string;
  readonly state: HoldState;
}

export async function answerRepeat(deps: OrderDeps, repeat: Repeat): Promise<Reply<PlacedOrder>> {
  const { desk, request, clientOrderId, state } = repeat;
  switch (state) {
    case "VOID":
      return refused("ORDER_EXPIRED");
    case "REFUSED":
      return refused("INSUFFICIENT_FUNDS");
    case "PENDING":
    case "LIVE":
    case "DONE":
    case "REJECTED": {
      // Not what would be derived today: the order has the price of its own day, in a command that is elsewhere.
      const requested = { ...request, clientOrderId, terms: requestedTerms(request) };
      const order = (await currentState(repeat)) ?? pendingOrder(desk.market, requested);
      return await placed(deps, desk, order);
    }
    default:
      return unreachable(state);
  }
}

interface Unplaceable extends Pick<Repeat, "desk" | "request"> {
  /** Of the request, where that is more than one order. */
  readonly hash?: string;
}

/**
 * For a request that nothing can be held for now, such as one for a full log: the order may have been placed
 * while something could. Refused with `code` when it was not.
 */
export async function answerUnplaceable(
  deps: OrderDeps,
  { desk, request, hash = requestHash(request) }: Unplaceable,
  code: string,
): Promise<Reply<PlacedOrder>> {
  const { accountId, market, clientOrderId } = request;
  if (clientOrderId === undefined) return refused(code);
  const reply = await lookUpHold(deps, { accountId, market, clientOrderId });
  if (reply.kind === "refused") return reply;
  const hold = reply.value;
  if (hold === null) return refused(code);
  if (hold.requestHash !== hash) return refused("CLIENT_ORDER_ID_CONFLICT");
  return await answerRepeat(deps, { desk, request, clientOrderId, state: hold.state });
}

/** An order whose hold has moved on was decided: its row is there or about to be. */
async function currentState({
  desk,
  request: { accountId, respondAsync },
  clientOrderId,
  state,
}: Repeat): Promise<OrderRecord | undefined> {
  const reference = { market: desk.market.market, clientOrderId };
  return !respondAsync && state !== "PENDING"
    ? await waitForOrder(desk, accountId, reference)
    : await findProjected(desk, accountId, reference);
}

async function placed(
  { db }: OrderDeps,
  desk: Desk,
  order: OrderRecord,
): Promise<Reply<PlacedOrder>> {
  const fills = await readFillsOf(db, desk.market, order);
  const { market, orderId } = order;
  return ok({
    order,
    fills,
    repeated: true,
    ...(orderId === undefined ? {} : { at: { market, position: orderId } }),
  });
}
