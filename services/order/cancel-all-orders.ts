/** Cancelling all of an account's orders, market by market, in slices the engine can take. */

import type {
  CancelAllOrders,
  CancelOnDisconnect,
  MarketEvent,
  MarketPosition,
} from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { CancelAllRequest, CancelledAll } from "./api.ts";
import { cancelDeadlineMs } from "./cancel-deadline.ts";
import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import { ok, refused } from "./reply.ts";

/** No slice begins later; the client sees `complete: false` and asks again. */
const SLICES_LIMIT_MS = 3000;

type MarketResult = CancelledAll["markets"][number];
type Stopped = "LOG_FULL" | "OVERLOADED";

export async function cancelAllOrders(
  deps: OrderDeps,
  request: CancelAllRequest,
  traceparent: string | undefined,
): Promise<Reply<CancelledAll>> {
  const desks = desksOf(deps, request);
  if (desks === undefined) return refused("UNKNOWN_MARKET");
  return await deps.telemetry.traced("cancel all orders", traceparent, async (inner) => {
    const results = await Promise.all(
      desks.map(async (desk): Promise<MarketResult | Stopped> => {
        const result = desk.cancelling.admit(() =>
          cancelInSlices(deps, { desk, request, traceparent: inner }),
        );
        return (await result) ?? "OVERLOADED";
      }),
    );
    const markets: MarketResult[] = [];
    for (const result of results) {
      // What other markets did stands; asking again is safe.
      if (typeof result === "string") return refused(result);
      markets.push(result);
    }
    return ok({ markets });
  });
}

function desksOf({ desks }: OrderDeps, { market }: CancelAllRequest): Desk[] | undefined {
  if (market === undefined) return [...desks.values()];
  const desk = desks.get(market);
  return desk === undefined ? undefined : [desk];
}

interface Cancelling {
  readonly desk: Desk;
  readonly request: CancelAllRequest;
  readonly traceparent: string | undefined;
}

async function cancelInSlices(
  { telemetry }: OrderDeps,
  cancelling: Cancelling,
): Promise<MarketResult | Stopped> {
  const first = await appendSlice(cancelling);
  if (first === "LOG_FULL") return first;
  const all = finishSlices(cancelling, first);
  if (cancelling.request.respondAsync !== true) return await all;
  const { market } = first;
  all.catch((error: unknown) =>
    telemetry.logger.warn({ err: error }, `some orders in ${market} were not cancelled`),
  );
  return { market, cancelled: 0, complete: false, at: first };
}

async function appendSlice({
  desk,
  request: { accountId, sessionId },
  traceparent,
}: Cancelling): Promise<MarketPosition | "LOG_FULL"> {
  const who = { accountId, deadlineMs: cancelDeadlineMs(desk) };
  const command: CancelAllOrders | CancelOnDisconnect =
    sessionId === undefined
      ? { kind: "CancelAllOrders", ...who }
      : { kind: "CancelOnDisconnect", ...who, sessionId };
  const appended = await desk.appender.append(command, traceparent);
  return appended.kind === "full"
    ? "LOG_FULL"
    : { market: desk.market.market, position: appended.position };
}

async function finishSlices(
  cancelling: Cancelling,
  first: MarketPosition,
): Promise<MarketResult | Stopped> {
  const { verdicts } = cancelling.desk;
  const startedMs = performance.now();
  let cancelled = 0;
  let at = first;
  for (;;) {
    const slice = sliceOf(await verdicts.wait(at.position));
    cancelled += slice?.cancelled ?? 0;
    const complete = slice?.left === 0;
    if (complete || slice === undefined || performance.now() - startedMs > SLICES_LIMIT_MS) {
      return { market: at.market, cancelled, complete, at };
    }
    const next = await appendSlice(cancelling);
    if (next === "LOG_FULL") return next;
    at = next;
  }
}

interface Slice {
  readonly cancelled: number;
  readonly left: number;
}

/** Undefined when the verdict is not in, or when the engine refused the whole command. */
function sliceOf(events: readonly MarketEvent[] | undefined): Slice | undefined {
  for (const event of events ?? []) if (event.kind === "OrdersCancelled") return event;
  return undefined;
}
