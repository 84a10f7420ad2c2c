/** A request that was made before is answered with what became of the order since, never with a new one. */

import type { HoldState } from "@exchange/streams/contract";
import { unreachable } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { OrderRecord, PlacedOrder } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import { findProjected, waitForOrder } from "./find-order.ts";
import type { Placement } from "./order-record.ts";
import { pendingOrder } from "./order-record.ts";
import { readFillsOf } from "./read-fills.ts";
import { ok, refused } from "./reply.ts";

export interface Repeat {
  readonly desk: Desk;
  readonly placement: Placement;
  readonly state: HoldState;
  /** Whether the client wants to wait for a lagging projection. */
  readonly wait: boolean;
}

export async function answerRepeat(deps: OrderDeps, repeat: Repeat): Promise<Reply<PlacedOrder>> {
  const { desk, placement, state } = repeat;
  switch (state) {
    case "VOID":
      return refused("ORDER_EXPIRED");
    case "REFUSED":
      return refused("INSUFFICIENT_FUNDS");
    case "PENDING":
    case "LIVE":
    case "DONE":
    case "REJECTED": {
      const order = await currentState(repeat);
      return await placed(deps, desk, order ?? pendingOrder(desk.market, placement));
    }
    default:
      return unreachable(state);
  }
}

/** An order whose hold has moved on was decided: its row is there or about to be. */
async function currentState({
  desk,
  placement: { accountId, clientOrderId },
  state,
  wait,
}: Repeat): Promise<OrderRecord | undefined> {
  const reference = { market: desk.market.market, clientOrderId };
  return wait && state !== "PENDING"
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
