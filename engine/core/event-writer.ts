/** Numbers the events of one command and hands them on. The only place where events are built. */

import type {
  AccountId,
  CancelReason,
  Command,
  CommandPosition,
  EngineRejectCode,
  PlaceOrder,
  PlaceOrderPair,
  PriceTicks,
  QtyLots,
  SetMarketState,
  Side,
  SpendUnits,
  TradeParty,
} from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import type { CommandInput, Emit, RestingOrder } from "./book.ts";

export interface TradeReport {
  readonly priceTicks: PriceTicks;
  readonly qtyLots: QtyLots;
  readonly takerSide: Side;
  readonly maker: TradeParty;
  readonly taker: TradeParty;
}

/** What is left of an order when it ends without being filled. */
export interface CancelReport {
  readonly openLots: QtyLots;
  readonly released: SpendUnits;
  readonly reason: CancelReason;
}

export class EventWriter {
  #command: CommandPosition = 0;
  #index = 0;
  #timeMs = 0;
  #emit: Emit = unset;

  /** Every event up to the next call belongs to this command. */
  start(input: CommandInput, emit: Emit): void {
    this.#command = input.position;
    this.#index = 0;
    this.#timeMs = input.timeMs;
    this.#emit = emit;
  }

  /** A command without an event would be invisible to the running hash. */
  finish(): void {
    assert(this.#index > 0, "every command yields an event");
    this.#emit = unset;
  }

  /** The order being placed is named by its command. */
  get orderId(): CommandPosition {
    return this.#command;
  }

  accepted(order: PlaceOrder): void {
    this.#emit({
      kind: "OrderAccepted",
      command: this.#command,
      index: this.#index++,
      timeMs: this.#timeMs,
      orderId: this.#command,
      accountId: order.accountId,
      holdId: order.holdId,
      clientOrderId: order.clientOrderId,
      terms: order.terms,
    });
  }

  rejected(order: PlaceOrder, code: EngineRejectCode): void {
    this.#emit({
      kind: "OrderRejected",
      command: this.#command,
      index: this.#index++,
      timeMs: this.#timeMs,
      orderId: this.#command,
      accountId: order.accountId,
      holdId: order.holdId,
      clientOrderId: order.clientOrderId,
      terms: order.terms,
      code,
    });
  }

  trade({ priceTicks, qtyLots, takerSide, maker, taker }: TradeReport): void {
    this.#emit({
      kind: "Trade",
      command: this.#command,
      index: this.#index++,
      timeMs: this.#timeMs,
      priceTicks,
      qtyLots,
      takerSide,
      maker,
      taker,
    });
  }

  rested(order: PlaceOrder, openLots: QtyLots): void {
    this.#emit({
      kind: "OrderRested",
      command: this.#command,
      index: this.#index++,
      timeMs: this.#timeMs,
      orderId: this.#command,
      accountId: order.accountId,
      holdId: order.holdId,
      side: order.terms.side,
      priceTicks: order.terms.priceTicks,
      openLots,
    });
  }

  /** The rest of the order being placed, which never was in the book. */
  restCancelled(order: PlaceOrder, { openLots, released, reason }: CancelReport): void {
    this.#emit({
      kind: "OrderCancelled",
      command: this.#command,
      index: this.#index++,
      timeMs: this.#timeMs,
      orderId: this.#command,
      accountId: order.accountId,
      holdId: order.holdId,
      side: order.terms.side,
      priceTicks: order.terms.priceTicks,
      openLots,
      rested: false,
      released,
      reason,
    });
  }

  restingCancelled(order: RestingOrder, released: SpendUnits, reason: CancelReason): void {
    this.#emit({
      kind: "OrderCancelled",
      command: this.#command,
      index: this.#index++,
      timeMs: this.#timeMs,
      orderId: order.orderId,
      accountId: order.accountId,
      holdId: order.holdId,
      side: order.side,
      priceTicks: order.priceTicks,
      openLots: order.openLots,
      rested: true,
      released,
      reason,
    });
  }

  ordersCancelled(accountId: AccountId, cancelled: number, left: number): void {
    this.#emit({
      kind: "OrdersCancelled",
      command: this.#command,
      index: this.#index++,
      timeMs: this.#timeMs,
      accountId,
      cancelled,
      left,
    });
  }

  /** A command that changes nothing: of a pair, both orders are refused. */
  refused(command: Command, code: EngineRejectCode): void {
    if (command.kind === "PlaceOrder") this.rejected(command, code);
    else if (command.kind === "PlaceOrderPair") this.#pairRejected(command, code);
    else this.commandRejected(command, code);
  }

  commandRejected(
    command: Exclude<Command, PlaceOrder | PlaceOrderPair>,
    code: EngineRejectCode,
  ): void {
    this.#emit({
      kind: "CommandRejected",
      command: this.#command,
      index: this.#index++,
      timeMs: this.#timeMs,
      commandKind: command.kind,
      ...("accountId" in command && { accountId: command.accountId }),
      ...("orderId" in command && { orderId: command.orderId }),
      ...("holdId" in command && { holdId: command.holdId }),
      code,
    });
  }

  /** The first leg's reject frees the hold, the second one's moves nothing. */
  #pairRejected(pair: PlaceOrderPair, code: EngineRejectCode): void {
    const { accountId, holdId, heldUnits } = pair;
    for (const [leg, { clientOrderId, terms }] of pair.legs.entries()) {
      const orderId = this.#command + leg;
      this.#emit({
        kind: "OrderRejected",
        command: this.#command,
        index: this.#index++,
        timeMs: this.#timeMs,
        orderId,
        accountId,
        holdId,
        clientOrderId,
        terms,
        code,
        linkedOrderId: leg === 0 ? orderId + 1 : orderId - 1,
        ...(leg === 0 ? { heldUnits } : { sharesHold: true }),
      });
    }
  }

  ticked(): void {
    this.#emit({
      kind: "Ticked",
      command: this.#command,
      index: this.#index++,
      timeMs: this.#timeMs,
    });
  }

  marketStateChanged({ state, definitionVersion }: SetMarketState): void {
    this.#emit({
      kind: "MarketStateChanged",
      command: this.#command,
      index: this.#index++,
      timeMs: this.#timeMs,
      state,
      definitionVersion,
    });
  }
}

function unset(): never {
  throw new Error("invariant broken: an event outside a command");
}
