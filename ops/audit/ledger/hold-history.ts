/** What became of a market's holds and which postings must exist, folded from the events up to a cursor. */

import type {
  Frame,
  HoldId,
  Market,
  MarketEvent,
  OrderAccepted,
  OrderCancelled,
  OrderRejected,
  Position,
  Side,
  Trade,
  TradeParty,
} from "@exchange/streams/contract";
import {
  baseAmount,
  feeOf,
  formatPosition,
  holdAmount,
  holdAsset,
  quoteAmount,
} from "@exchange/streams/contract";

import { isThrough } from "../position.ts";
import type { EntryChange, ExpectedEntries } from "./entry.ts";

/** A hold as the events left it. */
export interface HoldFact {
  readonly accountId: number;
  readonly side: Side;
  readonly spendMax: number;
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
  /** Engine time at the end of each frame up to the cursor, by position. */
  readonly timesMs = new Map<string, number>();
  readonly #limit: Position;
  readonly #entries: ExpectedEntries;

  constructor(market: Market, limit: Position, entries: ExpectedEntries) {
    this.market = market;
    this.#limit = limit;
    this.#entries = entries;
  }

  frame({ to, timeMs }: Frame): void {
    if (isThrough(to, this.#limit)) this.timesMs.set(formatPosition(to), timeMs);
  }

  apply(event: MarketEvent): void {
    if (event.kind === "OrderAccepted") this.everAccepted.add(event.holdId);
    if (!isThrough(event, this.#limit)) return;
    switch (event.kind) {
      case "OrderAccepted":
      case "OrderRejected":
        this.#start(event);
        return;
      case "OrderCancelled":
        this.#cancel(event);
        return;
      case "Trade":
        this.#trade(event);
        return;
      case "OrderRested":
      case "OrderUpdated":
      case "OrderTriggered":
      case "OrdersCancelled":
      case "CommandRejected":
      case "Ticked":
      case "AuctionUncrossed":
      case "MarketStateChanged":
      case "MarketRulesChanged":
        return;
    }
  }

  #start(event: OrderAccepted | OrderRejected): void {
    const { accountId, holdId, terms } = event;
    const { side, spendMax } = terms;
    this.facts.set(holdId, {
      accountId,
      side,
      spendMax,
      ...(event.kind === "OrderAccepted"
        ? { state: "LIVE", remaining: spendMax }
        : { state: "REJECTED", remaining: 0, rejectedAt: this.#place(event) }),
    });
  }

  #cancel(event: OrderCancelled): void {
    const { market } = this;
    const released: bigint = holdAmount(market, event.side, event.released);
    const asset = holdAsset(market, event.side);
    this.#entries.add("cancel", this.#place(event), [
      { owner: event.accountId, asset, available: released, held: -released },
    ]);
    const fact = this.facts.get(event.holdId);
    if (fact === undefined) return;
    fact.state = "DONE";
    fact.remaining = 0;
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

function credit(owner: string | number, asset: string, units: bigint): EntryChange {
  return { owner, asset, available: units, held: 0n };
}
