/** What became of a market's holds and which postings must exist, folded from the events up to a cursor. */

import type { BookSnapshot } from "@exchange/engine/core";
import type {
  CommandRejected,
  Frame,
  HoldId,
  Market,
  MarketEvent,
  OrderAccepted,
  OrderCancelled,
  OrderRejected,
  OrderUpdated,
  Position,
  ReversedTrade,
  Side,
  Trade,
  TradeParty,
  TradesReversed,
} from "@exchange/streams/contract";
import {
  baseAmount,
  feeOf,
  formatPosition,
  GENESIS,
  holdAmount,
  holdAsset,
  quoteAmount,
} from "@exchange/streams/contract";

import { Check } from "../check.ts";
import { isThrough } from "../position.ts";
import type { EntryChange, ExpectedEntries } from "./entry.ts";

/** A hold as the events left it. */
export interface HoldFact {
  readonly accountId: number;
  /** Of the order it was for; unknown for a refused amend's, which says nothing of its order. */
  readonly side?: Side;
  /** What it was made with, in the engine's units; unknown where the side is, or what came before the log was read. */
  readonly amount?: number;
  state: "LIVE" | "DONE" | "REJECTED";
  /** What its order can still spend, in the engine's units. */
  remaining: number;
  /** `<MARKET>:<command>-<index>` of its reject. */
  readonly rejectedAt?: string;
}

export class HoldHistory {
  readonly market: Market;
  readonly facts = new Map<HoldId, HoldFact>();
  /** Holds that an order was let in with, past the cursor too. */
  readonly everAccepted = new Set<HoldId>();
  /** Over the whole log: a hold is for one command, or its money would be spent twice. */
  readonly uses: Check;
  /** Engine time at the end of each frame up to the cursor, by position. */
  readonly timesMs = new Map<string, number>();
  /** The event that took a trade back, by the trade. */
  readonly reversed = new Map<string, string>();
  /** Where the log that is read begins, which is later where epochs were deleted. */
  #start = GENESIS;
  readonly #everRefused = new Set<HoldId>();
  readonly #limit: Position;
  readonly #entries: ExpectedEntries;

  constructor(market: Market, limit: Position, entries: ExpectedEntries) {
    this.market = market;
    this.uses = new Check(`${market.market}: no hold came with two commands`);
    this.#limit = limit;
    this.#entries = entries;
  }

  get start(): Position {
    return this.#start;
  }

  /** What is open when the first event comes: each hold with what its order, or its pair's larger leg, can spend. */
  begin(start: Position, { orders, waiting = [] }: BookSnapshot): void {
    this.#start = start;
    const open = (order: (typeof orders | typeof waiting)[number], units: number): void => {
      const { accountId, side, holdId } = order;
      const remaining = Math.max(units, this.facts.get(holdId)?.remaining ?? 0);
      this.facts.set(holdId, { accountId, side, state: "LIVE", remaining });
    };
    for (const order of orders) {
      const { side, priceTicks, openLots } = order;
      open(order, side === "buy" ? priceTicks * openLots : openLots);
    }
    for (const order of waiting) open(order, order.spendMax);
  }

  frame({ to, timeMs }: Frame): void {
    if (isThrough(to, this.#limit)) this.timesMs.set(formatPosition(to), timeMs);
  }

  apply(event: MarketEvent): void {
    this.#use(event);
    if (!isThrough(event, this.#limit)) return;
    switch (event.kind) {
      case "OrderAccepted":
        this.#accept(event);
        return;
      case "OrderRejected":
        this.#reject(event);
        return;
      case "OrderUpdated":
        this.#update(event);
        return;
      case "CommandRejected":
        this.#rejectCommand(event);
        return;
      case "OrderCancelled":
        this.#cancel(event);
        return;
      case "Trade":
        this.#trade(event);
        return;
      case "TradesReversed":
        for (const trade of event.trades) this.#reverse(event, trade);
        return;
      case "OrderRested":
      case "OrderTriggered":
      case "OrdersCancelled":
      case "Ticked":
      case "AuctionUncrossed":
      case "MarketStateChanged":
      case "MarketRulesChanged":
        return;
    }
  }

  #use(event: MarketEvent): void {
    const holdId = usedBy(event);
    if (holdId === undefined) return;
    this.uses.examine();
    if (this.everAccepted.has(holdId) || this.#everRefused.has(holdId)) {
      this.uses.violate(
        this.#place(event),
        `${event.kind} with hold ${holdId}, which was used before`,
      );
    }
    const isRefusal = event.kind === "OrderRejected" || event.kind === "CommandRejected";
    (isRefusal ? this.#everRefused : this.everAccepted).add(holdId);
  }

  /** The second leg of a pair shares the first one's hold. */
  #accept(event: OrderAccepted): void {
    if (event.sharesHold === true) return;
    const { accountId, holdId, terms, transfer } = event;
    const amount = event.heldUnits ?? terms.spendMax;
    const moved = transfer?.units ?? 0;
    const remaining = amount + moved;
    this.facts.set(holdId, { accountId, side: terms.side, amount, state: "LIVE", remaining });
    const giver = transfer === undefined ? undefined : this.facts.get(transfer.fromHoldId);
    if (giver !== undefined) giver.remaining -= moved;
  }

  #reject(event: OrderRejected): void {
    if (event.sharesHold === true) return;
    const { accountId, holdId, terms } = event;
    this.facts.set(holdId, {
      accountId,
      side: terms.side,
      amount: event.heldUnits ?? terms.spendMax,
      state: "REJECTED",
      remaining: 0,
      rejectedAt: this.#place(event),
    });
  }

  #rejectCommand(event: CommandRejected): void {
    const { accountId, holdId } = event;
    if (accountId === undefined || holdId === undefined) return;
    const rejectedAt = this.#place(event);
    this.facts.set(holdId, { accountId, state: "REJECTED", remaining: 0, rejectedAt });
  }

  #update(event: OrderUpdated): void {
    const { accountId, holdId, side, addedHoldId, added } = event;
    this.#release("update", event);
    const fact = this.facts.get(holdId);
    if (fact !== undefined) fact.remaining += (added ?? 0) - event.released;
    if (addedHoldId === undefined || added === undefined) return;
    this.facts.set(addedHoldId, { accountId, side, amount: added, state: "DONE", remaining: 0 });
  }

  /** A leg of a pair may leave something for the other. */
  #cancel(event: OrderCancelled): void {
    this.#release("cancel", event);
    const fact = this.facts.get(event.holdId);
    if (fact === undefined) return;
    fact.remaining -= event.released;
    if (event.remaining === undefined) fact.state = "DONE";
  }

  #release(reason: "update" | "cancel", event: OrderUpdated | OrderCancelled): void {
    const { market } = this;
    const released: bigint = holdAmount(market, event.side, event.released);
    const asset = holdAsset(market, event.side);
    this.#entries.add(reason, this.#place(event), [
      { owner: event.accountId, asset, available: released, held: -released },
    ]);
  }

  #trade(trade: Trade): void {
    const { market } = this;
    const takerBuys = trade.takerSide === "buy";
    const buyer = takerBuys ? trade.taker : trade.maker;
    const seller = takerBuys ? trade.maker : trade.taker;
    const paid = quoteAmount(market, BigInt(trade.priceTicks) * BigInt(trade.qtyLots));
    const delivered = baseAmount(market, trade.qtyLots);
    const quoteFee = feeOf(paid, seller.feePpm);
    const baseFee = feeOf(delivered, buyer.feePpm);
    const house = `fees.${market.market}`;
    this.#entries.add("trade", this.#place(trade), [
      this.#spend(buyer, "buy"),
      this.#spend(seller, "sell"),
      credit(seller.accountId, market.quote, paid - quoteFee),
      credit(house, market.quote, quoteFee),
      credit(buyer.accountId, market.base, delivered - baseFee),
      credit(house, market.base, baseFee),
    ]);
  }

  /** The opposite, whoever has it: what an account had spent is the house's shortfall. */
  #reverse(event: TradesReversed, trade: ReversedTrade): void {
    const id = formatPosition(trade);
    if (this.reversed.has(id)) return;
    this.reversed.set(id, formatPosition(event));
    const { market } = this;
    const takerBuys = trade.takerSide === "buy";
    const buyer = takerBuys ? trade.taker : trade.maker;
    const seller = takerBuys ? trade.maker : trade.taker;
    const paid = quoteAmount(market, BigInt(trade.priceTicks) * BigInt(trade.qtyLots));
    const delivered = baseAmount(market, trade.qtyLots);
    const quoteFee: bigint = feeOf(paid, seller.feePpm);
    const baseFee: bigint = feeOf(delivered, buyer.feePpm);
    const house = `fees.${market.market}`;
    const reference = this.#place(trade);
    this.#entries.add("reversal", reference, [
      credit(buyer.accountId, market.quote, paid),
      credit(seller.accountId, market.quote, quoteFee - paid),
      credit(house, market.quote, -quoteFee),
      credit(seller.accountId, market.base, delivered),
      credit(buyer.accountId, market.base, baseFee - delivered),
      credit(house, market.base, -baseFee),
    ]);
    this.#entries.addDebtors(reference, {
      [market.quote]: seller.accountId,
      [market.base]: buyer.accountId,
    });
  }

  #spend(party: TradeParty, side: Side): EntryChange {
    const fact = this.facts.get(party.holdId);
    if (fact !== undefined) {
      fact.remaining -= party.consumed + party.released;
      if (party.done) fact.state = "DONE";
    }
    const { market } = this;
    const released = holdAmount(market, side, party.released);
    const consumed = holdAmount(market, side, party.consumed);
    return {
      owner: party.accountId,
      asset: holdAsset(market, side),
      available: released,
      held: -(consumed + released),
    };
  }

  #place(event: Position): string {
    return `${this.market.market}:${formatPosition(event)}`;
  }
}

/** The hold that the event's command brought. Both legs of a pair speak of one. */
export function usedBy(event: MarketEvent): HoldId | undefined {
  switch (event.kind) {
    case "OrderAccepted":
    case "OrderRejected":
      return event.sharesHold === true ? undefined : event.holdId;
    case "OrderUpdated":
      return event.addedHoldId;
    case "CommandRejected":
      return event.holdId;
    case "Trade":
    case "TradesReversed":
    case "OrderCancelled":
    case "OrderRested":
    case "OrderTriggered":
    case "OrdersCancelled":
    case "Ticked":
    case "AuctionUncrossed":
    case "MarketStateChanged":
    case "MarketRulesChanged":
      return undefined;
  }
}

function credit(owner: string | number, asset: string, units: bigint): EntryChange {
  return { owner, asset, available: units, held: 0n };
}
