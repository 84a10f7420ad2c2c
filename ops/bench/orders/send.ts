/** Commands of the flow as requests, and their replies as outcomes. */

import type { Market } from "@exchange/streams/contract";
import { formatPrice, formatQty } from "@exchange/streams/contract";

import type { HttpClient, HttpRequest } from "../../http/client.ts";
import { NoConnectionError } from "../../http/client.ts";
import { describe, readCode } from "../../http/persistent.ts";
import type { HttpReply } from "../../http/reply.ts";
import type { Session } from "../../http/session.ts";
import { GOOD } from "../open-loop.ts";
import type { Flow, FlowCommand } from "./flow.ts";

export interface SenderOptions {
  readonly client: HttpClient;
  readonly market: Market;
  readonly sessions: readonly Session[];
  readonly flow: Flow;
  /** Ask for the answer at the commit point instead of the engine's verdict. */
  readonly respondAsync: boolean;
}

/** Sends the flow's next command; never rejects. */
export function createSender(options: SenderOptions): () => Promise<string> {
  const { client, flow } = options;
  return async () => {
    const command = flow.next();
    try {
      const reply = await client.request(buildRequest(options, command));
      if (reply.status >= 300) {
        // Filled before its cancel came: an answer as good as any, and told apart in the list.
        const isLate = readCode(reply) === "ORDER_DONE";
        return isLate ? `${GOOD}409 cancel of a filled order` : describe(reply);
      }
      if (command.kind === "place") noteResting(flow, command.account, reply);
      return `${GOOD}${reply.status} ${command.kind}`;
    } catch (error) {
      return error instanceof NoConnectionError ? "no connection" : "no reply";
    }
  };
}

function buildRequest(
  { market, sessions, respondAsync }: SenderOptions,
  command: FlowCommand,
): HttpRequest {
  const authorization = sessions[command.account]?.authorization ?? "";
  if (command.kind === "cancel") {
    return { method: "DELETE", path: `/v1/orders/${command.orderId}`, headers: authorization };
  }
  const { side, priceTicks, qtyLots } = command;
  const price = formatPrice(market, priceTicks);
  const quantity = formatQty(market, qtyLots);
  return {
    method: "POST",
    path: "/v1/orders",
    headers: respondAsync ? `${authorization}prefer: respond-async\r\n` : authorization,
    body: `{"market":"${market.market}","side":"${side}","type":"limit","price":"${price}","quantity":"${quantity}"}`,
  };
}

const ID_START = '"id":"';

/** Text search: parsing every reply would cost the cores that are being measured. */
function noteResting(flow: Flow, account: number, { body }: HttpReply): void {
  if (!body.includes('"state":"OPEN"') && !body.includes('"state":"PENDING"')) return;
  const start = body.indexOf(ID_START);
  if (start < 0) return;
  const idStart = start + ID_START.length;
  flow.rested(account, body.slice(idStart, body.indexOf('"', idStart)));
}
