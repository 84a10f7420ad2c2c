/** One step of a replay through the public door, repeated until its answer is definite. */

import { z } from "zod";

import { describe, readCode } from "../../http/persistent.ts";
import type { HttpReply } from "../../http/reply.ts";
import type { Session } from "../../http/session.ts";
import { Failure } from "../../setup/failure.ts";
import type { CancelStep, PlaceStep, ReplayStep } from "./plan.ts";

export type StepOutcome =
  /** Committed: its place in the market's log is known. */
  | { readonly kind: "committed"; readonly orderId: string; readonly at: string }
  /** Answered with nothing to do: the order is unknown, over, or was never let in. */
  | { readonly kind: "answered"; readonly code: string };

const Committed = z.object({ order: z.object({ id: z.string() }), at: z.string() });

/** Codes that mean "not yet": the order is on its way through the hold and the log. */
const notYet: readonly (string | undefined)[] = ["ORDER_PENDING", "LAGGING"];

export async function sendStep(
  session: Session,
  market: string,
  step: ReplayStep,
): Promise<StepOutcome> {
  const reply = await session.ask({
    build: () => (step.kind === "place" ? buildPlace(market, step) : buildCancel(market, step)),
    isAnswer: (candidate) =>
      candidate.status < 300
        ? Committed.safeParse(parseJson(candidate)).success
        : !notYet.includes(readCode(candidate)),
  });
  if (reply.status < 300) return { kind: "committed", ...commitOf(reply) };
  const code = readCode(reply) ?? String(reply.status);
  if (!expectedCodes[step.kind].includes(code)) {
    throw new Failure(`${step.kind} ${step.clientOrderId} was refused: ${describe(reply)}`);
  }
  return { kind: "answered", code };
}

/** Anything else means that the replay itself is wrong: no money, a bad request, another market. */
const expectedCodes: Readonly<Record<ReplayStep["kind"], readonly string[]>> = {
  place: ["ORDER_EXPIRED"],
  cancel: ["UNKNOWN_ORDER", "ORDER_DONE", "ORDER_EXPIRED"],
};

function buildPlace(market: string, step: PlaceStep) {
  const { clientOrderId, side, price, quantity } = step;
  const body = JSON.stringify({
    market,
    clientOrderId,
    side,
    type: "limit",
    timeInForce: "GTC",
    price,
    quantity,
  });
  // Answered at the commit point: from there on the log keeps the order of the file.
  const headers = "prefer: respond-async\r\n";
  return { method: "POST", path: "/v1/orders", headers, body } as const;
}

function buildCancel(market: string, { clientOrderId }: CancelStep) {
  return {
    method: "DELETE",
    path: `/v1/orders/client:${clientOrderId}?market=${market}`,
    headers: "prefer: respond-async\r\n",
  } as const;
}

function commitOf(reply: HttpReply): { orderId: string; at: string } {
  const { order, at } = Committed.parse(parseJson(reply));
  return { orderId: order.id, at };
}

function parseJson({ body }: HttpReply): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
