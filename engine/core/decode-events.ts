/** The events of a command as the contract has them, from the numbers in memory. */

import type {
  Command,
  EngineRejectCode,
  HoldId,
  OrderAccepted,
  PlaceOrder,
  Side,
  TradeParty,
} from "@exchange/streams/contract";
import {
  assert,
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  cancelReasons,
  engineRejectCodes,
  marketStates,
} from "@exchange/streams/contract";

import type { CommandInput } from "./book.ts";
import {
  EVENT_ACCOUNT,
  EVENT_CANCELLED,
  EVENT_DISPLAY,
  EVENT_FROM_HOLD,
  EVENT_HOLD,
  EVENT_IMBALANCE,
  EVENT_IS_BUY,
  EVENT_KIND,
  EVENT_LEFT,
  EVENT_LEG,
  EVENT_OPEN_LOTS,
  EVENT_ORDER,
  EVENT_PREVIOUS,
  EVENT_PRICE,
  EVENT_QTY,
  EVENT_REASON,
  EVENT_RELEASED,
  EVENT_REMAINING,
  EVENT_RESTED,
  EVENT_REVERSED_FROM,
  EVENT_STATE,
  EVENT_STATE_REASON,
  EVENT_UNCROSS_PRICE,
  EVENT_UNITS,
  EVENT_UNTIL_MS,
  EVENT_VERSION,
  EVENT_VOLUME,
  EVENT_WIDTH,
  EVENT_WITHDRAWN,
  eventKind,
  PARTY_ACCOUNT,
  PARTY_CONSUMED,
  PARTY_FEE,
  PARTY_HOLD,
  PARTY_OPEN_LOTS,
  PARTY_ORDER,
  PARTY_RELEASED,
  PARTY_REMAINING,
  stateReasons,
  TRADE_BUYER_PRICE,
  TRADE_LOTS,
  TRADE_MAKER,
  TRADE_PRICE,
  TRADE_SELLER_PRICE,
  TRADE_TAKER,
  TRADE_TAKER_BUYS,
  updateReasons,
} from "./event-fields.ts";
import type { Memory } from "./memory.ts";
import type { NaiveEvents } from "./naive-events.ts";
import { ownerOf, placementsOf } from "./naive-place.ts";
import { refuse } from "./naive-refuse.ts";
import { reversedFrom } from "./reversal.ts";
import { wordOf } from "./term-numbers.ts";

/** Writes all events of the last command. What they repeat of it comes from `input`. */
export function decodeEvents(memory: Memory, input: CommandInput, events: NaiveEvents): void {
  const decoder = new EventDecoder(memory, input, events);
  for (let at = 0; at < memory.eventsEnd; at += EVENT_WIDTH) decoder.decode(at);
}

class EventDecoder {
  readonly #memory: Memory;
  readonly #input: CommandInput;
  readonly #events: NaiveEvents;

  constructor(memory: Memory, input: CommandInput, events: NaiveEvents) {
    this.#memory = memory;
    this.#input = input;
    this.#events = events;
  }

  decode(at: number): void {
    switch (this.#at(at + EVENT_KIND)) {
      case eventKind.accepted:
        return this.#accepted(at);
      case eventKind.refused:
        return refuse({ events: this.#events }, this.#input, this.#codeAt(at));
      case eventKind.trade:
        return this.#trade(at);
      case eventKind.rested:
        return this.#rested(at);
      case eventKind.cancelled:
        return this.#cancelled(at);
      case eventKind.updated:
        return this.#updated(at);
      case eventKind.triggered:
        return this.#triggered(at);
      default:
        return this.#aboutMarket(at);
    }
  }

  #aboutMarket(at: number): void {
    const { command } = this.#input;
    switch (this.#at(at + EVENT_KIND)) {
      case eventKind.ordersCancelled:
        return this.#events.write({
          kind: "OrdersCancelled",
          ...("accountId" in command && { accountId: command.accountId }),
          cancelled: this.#at(at + EVENT_CANCELLED),
          left: this.#at(at + EVENT_LEFT),
        });
      case eventKind.ticked:
        return this.#events.write({ kind: "Ticked" });
      case eventKind.uncrossed:
        return this.#events.write({
          kind: "AuctionUncrossed",
          priceTicks: assertPriceTicks(this.#at(at + EVENT_UNCROSS_PRICE)),
          qtyLots: assertQtyLots(this.#at(at + EVENT_VOLUME)),
          imbalanceLots: this.#at(at + EVENT_IMBALANCE),
        });
      case eventKind.stateChanged:
        return this.#stateChanged(at);
      case eventKind.tradesReversed:
        return this.#tradesReversed(command, at);
      default:
        return this.#rulesChanged(command);
    }
  }

  #accepted(at: number): void {
    const { command, position } = this.#input;
    if (command.kind === "PlaceOrderPair") {
      const [first, second] = placementsOf(command, position);
      const { heldUnits } = command;
      const isFirst = this.#at(at + EVENT_LEG) === 0;
      const links = isFirst
        ? { linkedOrderId: second.orderId, heldUnits }
        : ({ linkedOrderId: first.orderId, sharesHold: true } as const);
      const owner = ownerOf(isFirst ? first : second);
      return this.#events.write({ kind: "OrderAccepted", ...owner, ...links });
    }
    assert(command.kind === "PlaceOrder", "only placements are accepted");
    this.#events.write({
      kind: "OrderAccepted",
      ...ownerOf({ ...command, orderId: position }),
      ...this.#replacement(command, at),
    });
  }

  #replacement(
    { heldUnits, replaces }: PlaceOrder,
    at: number,
  ): Pick<OrderAccepted, "heldUnits" | "replaces" | "transfer"> {
    if (replaces === undefined) return {};
    const units = assertSpendUnits(this.#at(at + EVENT_UNITS));
    if (units === 0 || heldUnits === undefined) return { replaces };
    const fromHoldId: HoldId = this.#at(at + EVENT_FROM_HOLD);
    return { heldUnits, replaces, transfer: { fromHoldId, units } };
  }

  #trade(at: number): void {
    const buyerTicks = this.#at(at + TRADE_BUYER_PRICE);
    this.#events.write({
      kind: "Trade",
      priceTicks: assertPriceTicks(this.#at(at + TRADE_PRICE)),
      qtyLots: assertQtyLots(this.#at(at + TRADE_LOTS)),
      takerSide: sideOf(this.#at(at + TRADE_TAKER_BUYS)),
      maker: this.#party(at + TRADE_MAKER),
      taker: this.#party(at + TRADE_TAKER),
      ...(buyerTicks !== 0 && {
        auction: {
          buyerTicks: assertPriceTicks(buyerTicks),
          sellerTicks: assertPriceTicks(this.#at(at + TRADE_SELLER_PRICE)),
        },
      }),
    });
  }

  #party(at: number): TradeParty {
    const remaining = assertSpendUnits(this.#at(at + PARTY_REMAINING));
    return {
      orderId: this.#at(at + PARTY_ORDER),
      accountId: this.#at(at + PARTY_ACCOUNT),
      holdId: this.#at(at + PARTY_HOLD),
      consumed: assertSpendUnits(this.#at(at + PARTY_CONSUMED)),
      released: assertSpendUnits(this.#at(at + PARTY_RELEASED)),
      remaining,
      openLots: assertQtyLots(this.#at(at + PARTY_OPEN_LOTS)),
      feePpm: this.#at(at + PARTY_FEE),
      done: remaining === 0,
    };
  }

  #rested(at: number): void {
    this.#events.write({
      kind: "OrderRested",
      ...this.#owner(at),
      side: sideOf(this.#at(at + EVENT_IS_BUY)),
      priceTicks: assertPriceTicks(this.#at(at + EVENT_PRICE)),
      openLots: assertQtyLots(this.#at(at + EVENT_OPEN_LOTS)),
      ...this.#display(at),
    });
  }

  #cancelled(at: number): void {
    const reason = cancelReasons[this.#at(at + EVENT_REASON)];
    const remaining = this.#at(at + EVENT_REMAINING);
    assert(reason !== undefined, "a cancel has a reason");
    this.#events.write({
      kind: "OrderCancelled",
      ...this.#owner(at),
      side: sideOf(this.#at(at + EVENT_IS_BUY)),
      priceTicks: assertPriceTicks(this.#at(at + EVENT_PRICE)),
      openLots: assertQtyLots(this.#at(at + EVENT_OPEN_LOTS)),
      rested: this.#at(at + EVENT_RESTED) === 1,
      released: assertSpendUnits(this.#at(at + EVENT_RELEASED)),
      reason,
      ...(remaining >= 0 && { remaining: assertSpendUnits(remaining) }),
      ...this.#display(at),
    });
  }

  #updated(at: number): void {
    const { command } = this.#input;
    const reason = updateReasons[this.#at(at + EVENT_REASON)];
    assert(reason !== undefined, "an update has a reason");
    const { holdId, heldUnits } =
      reason === "amended" && command.kind === "AmendOrder" ? command : {};
    this.#events.write({
      kind: "OrderUpdated",
      ...this.#owner(at),
      reason,
      side: sideOf(this.#at(at + EVENT_IS_BUY)),
      priceTicks: assertPriceTicks(this.#at(at + EVENT_PRICE)),
      qtyLots: assertQtyLots(this.#at(at + EVENT_QTY)),
      openLots: assertQtyLots(this.#at(at + EVENT_OPEN_LOTS)),
      released: assertSpendUnits(this.#at(at + EVENT_RELEASED)),
      remaining: assertSpendUnits(this.#at(at + EVENT_REMAINING)),
      ...(holdId !== undefined &&
        heldUnits !== undefined && { addedHoldId: holdId, added: heldUnits }),
      withdrawnLots: assertQtyLots(this.#at(at + EVENT_WITHDRAWN)),
      previousTicks: assertPriceTicks(this.#at(at + EVENT_PREVIOUS)),
    });
  }

  #triggered(at: number): void {
    this.#events.write({
      kind: "OrderTriggered",
      ...this.#owner(at),
      side: sideOf(this.#at(at + EVENT_IS_BUY)),
      triggerTicks: assertPriceTicks(this.#at(at + EVENT_PRICE)),
    });
  }

  #stateChanged(at: number): void {
    const state = wordOf(marketStates, this.#at(at + EVENT_STATE));
    const reason = stateReasons[this.#at(at + EVENT_STATE_REASON)];
    const untilMs = this.#at(at + EVENT_UNTIL_MS);
    assert(state !== undefined, "a state is one of those there are");
    this.#events.write({
      kind: "MarketStateChanged",
      state,
      definitionVersion: this.#at(at + EVENT_VERSION),
      ...(reason !== undefined && { reason }),
      ...(untilMs >= 0 && { auctionUntilMs: untilMs }),
    });
  }

  #rulesChanged(command: Command): void {
    assert(command.kind === "SetMarketRules", "only an operator changes rules");
    const { rules, definitionVersion } = command;
    this.#events.write({ kind: "MarketRulesChanged", rules, definitionVersion });
  }

  #tradesReversed(command: Command, at: number): void {
    assert(command.kind === "ReverseTrades", "only an operator takes trades back");
    const trades = reversedFrom(command.trades, this.#at(at + EVENT_REVERSED_FROM));
    this.#events.write({ kind: "TradesReversed", trades });
  }

  #owner(at: number): Pick<TradeParty, "orderId" | "accountId" | "holdId"> {
    return {
      orderId: this.#at(at + EVENT_ORDER),
      accountId: this.#at(at + EVENT_ACCOUNT),
      holdId: this.#at(at + EVENT_HOLD),
    };
  }

  #display(at: number): Pick<OrderAccepted["terms"], "displayLots"> {
    const lots = this.#at(at + EVENT_DISPLAY);
    return lots < 0 ? {} : { displayLots: assertQtyLots(lots) };
  }

  #codeAt(at: number): EngineRejectCode {
    const code = engineRejectCodes[this.#at(at + EVENT_REASON)];
    assert(code !== undefined, "a refusal has a code");
    return code;
  }

  #at(at: number): number {
    return this.#memory.events[at] ?? 0;
  }
}

function sideOf(isBuy: number): Side {
  return isBuy === 0 ? "sell" : "buy";
}
