/**
 * Finding an order that may not be projected yet. A committed order is never "unknown": it stands in the
 * log, and before that its hold stands in the wallet.
 */

import { decodeRecord, stream } from "@exchange/streams";
import type {
  AccountId,
  CommandPosition,
  CommandRecord,
  Market,
  MarketId,
} from "@exchange/streams/contract";
import { COMMANDS_PER_RECORD, sequenceOf, unreachable } from "@exchange/streams/contract";
import { jetStreamCode, natsErrorCode, request, RequestError } from "@exchange/streams/runtime";
import type { JetStreamManager } from "nats";

import type { OrderRecord, OrderReference } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import { findOwnRow } from "./find-row.ts";
import type { Found } from "./note-cancel.ts";
import type { Placement } from "./order-record.ts";
import { isOpen, pendingOrder } from "./order-record.ts";
import { placementAt } from "./placement.ts";
import { findHold } from "./wallet-endpoints.ts";

const WAIT_FOR_ORDER_MS = 1000;
const POLL_MS = 25;
const FIND_HOLD_TIMEOUT_MS = 1000;

export type FoundOrder =
  | ({ readonly kind: "found" } & Found)
  /** Held; whether it was appended, and where, is not known here. */
  | { readonly kind: "placing" }
  /** Its hold was released at its deadline. */
  | { readonly kind: "expired" }
  | { readonly kind: "unknown" };

const unknown: FoundOrder = { kind: "unknown" };

export interface OrderSearch {
  readonly desk: Desk;
  readonly accountId: AccountId;
  readonly reference: OrderReference;
}

/** What this process heard of it last counts, not only its row. */
export async function findOrder(deps: OrderDeps, search: OrderSearch): Promise<FoundOrder> {
  const { desk, accountId, reference } = search;
  const readTo = deps.cursors.completeTo(desk.market.market);
  const order = await findProjected(desk, accountId, reference);
  if (order !== undefined) {
    const recent = desk.recent.find(accountId, reference);
    const isNewer = recent !== undefined && recent.updatedMs > order.updatedMs;
    return { kind: "found", order: isNewer ? recent : order, readTo };
  }
  return "orderId" in reference
    ? await findInLog(deps.jsm, search, reference.orderId)
    : await findByHold(deps, search, reference);
}

/** An open order to change, or why there is none. */
export async function findOpenOrder(
  deps: OrderDeps,
  search: OrderSearch,
): Promise<OrderRecord | "UNKNOWN_ORDER" | "ORDER_DONE" | "ORDER_PENDING"> {
  const found = await findOrder(deps, search);
  switch (found.kind) {
    case "unknown":
      return "UNKNOWN_ORDER";
    case "expired":
      return "ORDER_DONE";
    case "placing":
      return "ORDER_PENDING";
    case "found":
      return isOpen(found.order.state) ? found.order : "ORDER_DONE";
    default:
      return unreachable(found);
  }
}

/** From the projection, else from what this process appended lately. */
export async function findProjected(
  desk: Desk,
  accountId: AccountId,
  reference: OrderReference,
): Promise<OrderRecord | undefined> {
  const row = await findOwnRow(desk.findRow, accountId, reference);
  return row ?? desk.recent.find(accountId, reference);
}

/** Asks again until the projection has the order, for a while. */
export async function waitForOrder(
  desk: Desk,
  accountId: AccountId,
  reference: OrderReference,
): Promise<OrderRecord | undefined> {
  const untilMs = performance.now() + WAIT_FOR_ORDER_MS;
  for (;;) {
    const order = await findProjected(desk, accountId, reference);
    if (order !== undefined || performance.now() + POLL_MS > untilMs) return order;
    await Bun.sleep(POLL_MS);
  }
}

async function findInLog(
  jsm: JetStreamManager,
  { desk, accountId }: OrderSearch,
  orderId: CommandPosition,
): Promise<FoundOrder> {
  const placement = await readPlacement(jsm, desk.market, orderId);
  if (placement === undefined || placement.accountId !== accountId) return unknown;
  return { kind: "found", order: pendingOrder(desk.market, placement) };
}

/**
 * The placement at that place in the log. Every order of an earlier epoch has its row; the next one may have begun
 * before this process heard of it.
 */
async function readPlacement(
  jsm: JetStreamManager,
  { market, epoch }: Market,
  orderId: CommandPosition,
): Promise<Placement | undefined> {
  if (orderId < COMMANDS_PER_RECORD) return undefined;
  for (const name of [stream.commands(market, epoch), stream.commands(market, epoch + 1)]) {
    const record = await readRecord(jsm, name, sequenceOf(orderId));
    if (record !== undefined) return placementAt(record.commands, orderId);
  }
  return undefined;
}

/** From the leader: a replica may not have it yet. */
async function readRecord(
  jsm: JetStreamManager,
  name: string,
  sequence: number,
): Promise<CommandRecord | undefined> {
  try {
    return decodeRecord((await jsm.streams.getMessage(name, { seq: sequence })).data);
  } catch (error) {
    const code = natsErrorCode(error);
    if (code === jetStreamCode.noMessage || code === jetStreamCode.streamNotFound) return undefined;
    throw error;
  }
}

async function findByHold(
  { connection }: OrderDeps,
  { desk, accountId }: OrderSearch,
  reference: { readonly market: MarketId; readonly clientOrderId: string },
): Promise<FoundOrder> {
  const reply = await request(connection, {
    endpoint: findHold,
    body: { accountId, ...reference },
    timeoutMs: FIND_HOLD_TIMEOUT_MS,
  });
  if (reply.kind === "refused") throw new RequestError("unavailable", reply.code);
  const hold = reply.value;
  if (hold === null || hold.state === "REFUSED") return unknown;
  if (hold.state === "VOID") return { kind: "expired" };
  const order = await waitForOrder(desk, accountId, reference);
  return order === undefined ? { kind: "placing" } : { kind: "found", order };
}
