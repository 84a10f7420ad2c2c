/** The service's endpoints with their handlers, and how many requests are being answered. */

import type { Endpoint, Reply, Served } from "@exchange/streams/runtime";
import { RequestError, serve } from "@exchange/streams/runtime";

import { amendOrder } from "./amend-order.ts";
import {
  amendOrder as amendEndpoint,
  cancelAllOrders as cancelAllEndpoint,
  cancelOrder as cancelEndpoint,
  closeSession as closeSessionEndpoint,
  endOrderSession as endSessionEndpoint,
  listFills as fillsEndpoint,
  listOrders as listEndpoint,
  openSession as openSessionEndpoint,
  placeOrder as placeEndpoint,
  placePair as pairEndpoint,
  readOrder as readEndpoint,
} from "./api.ts";
import { cancelAllOrders } from "./cancel-all-orders.ts";
import { cancelOrder } from "./cancel-order.ts";
import type { OrderDeps } from "./deps.ts";
import { listFills } from "./list-fills.ts";
import { listOrders } from "./list-orders.ts";
import { closeSession, endOrderSession, openSession } from "./open-session.ts";
import { placeOrder } from "./place-order.ts";
import { placePair } from "./place-pair.ts";
import { readOrder } from "./read-order.ts";
import { refused } from "./reply.ts";

export interface OrderEndpoints {
  readonly served: readonly Served[];
  /** Requests that have no answer yet. */
  readonly active: () => number;
}

export function createEndpoints(
  deps: OrderDeps,
  onError: (error: unknown) => void,
): OrderEndpoints {
  let active = 0;

  function counted<Request, Value>(
    endpoint: Endpoint<Request, Value>,
    useCase: UseCase<Request, Value>,
  ): Served {
    return serve(
      endpoint,
      async (body, { traceparent }) => {
        active += 1;
        try {
          const reply = await useCase(deps, body, traceparent).catch(unavailable);
          if (reply.kind === "refused") {
            deps.metrics.refusals.inc({ endpoint: endpoint.endpoint, code: reply.code });
          }
          return reply;
        } finally {
          active -= 1;
        }
      },
      onError,
    );
  }

  return {
    served: [
      counted(placeEndpoint, placeOrder),
      counted(pairEndpoint, placePair),
      counted(amendEndpoint, amendOrder),
      counted(cancelEndpoint, cancelOrder),
      counted(cancelAllEndpoint, cancelAllOrders),
      counted(openSessionEndpoint, openSession),
      counted(closeSessionEndpoint, closeSession),
      counted(endSessionEndpoint, endOrderSession),
      counted(readEndpoint, readOrder),
      counted(listEndpoint, listOrders),
      counted(fillsEndpoint, listFills),
    ],
    active: () => active,
  };
}

/** The wallet did not say what stands under an id. It is asked before anything is written. */
function unavailable(error: unknown): Reply<never> {
  if (error instanceof RequestError) return refused("UNAVAILABLE");
  throw error;
}

type UseCase<Request, Value> = (
  deps: OrderDeps,
  request: Request,
  traceparent: string | undefined,
) => Promise<Reply<Value>>;
