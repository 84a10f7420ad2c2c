/** One order with its fills. A committed order that is not projected yet is pending, never unknown. */

import { unreachable } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { OrderQuery, PlacedOrder } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import { findOrder } from "./find-order.ts";
import { readFillsOf } from "./read-fills.ts";
import { ok, refused } from "./reply.ts";

export async function readOrder(deps: OrderDeps, query: OrderQuery): Promise<Reply<PlacedOrder>> {
  const { accountId, order: reference, after } = query;
  const desk = deps.desks.get(reference.market);
  if (desk === undefined) return refused("UNKNOWN_ORDER");
  if (after !== undefined && !(await deps.cursors.passed(after))) return refused("LAGGING");
  const found = await findOrder(deps, { desk, accountId, reference });
  switch (found.kind) {
    case "unknown":
      return refused("UNKNOWN_ORDER");
    case "expired":
      return refused("ORDER_EXPIRED");
    case "placing":
      return refused("LAGGING");
    case "found": {
      const { order } = found;
      const fills = await readFillsOf(deps.db, desk.market, order);
      const { market, orderId } = order;
      return ok({
        order,
        fills,
        repeated: false,
        ...(orderId === undefined ? {} : { at: { market, position: orderId } }),
      });
    }
    default:
      return unreachable(found);
  }
}
