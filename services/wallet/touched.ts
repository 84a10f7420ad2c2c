/** Which rows events and overdue holds may change, so that all of them are loaded before the first is applied. */

import type { HoldId, Market, MarketEvent } from "@exchange/streams/contract";
import { holdAsset, unreachable } from "@exchange/streams/contract";

import type { Hold } from "./hold.ts";
import type { BalanceKey } from "./ledger.ts";

export interface Touched {
  readonly holdIds: ReadonlySet<HoldId>;
  readonly balances: ReadonlyMap<string, BalanceKey>;
}

export function touchedBy(
  market: Market,
  events: Iterable<MarketEvent>,
  overdue: Iterable<Hold> = [],
): Touched {
  const touched = new TouchedRows(market);
  for (const event of events) touched.add(event);
  for (const hold of overdue) touched.addHold(hold);
  return touched;
}

class TouchedRows implements Touched {
  readonly holdIds = new Set<HoldId>();
  readonly balances = new Map<string, BalanceKey>();
  readonly #market: Market;

  constructor(market: Market) {
    this.#market = market;
  }

  add(event: MarketEvent): void {
    const market = this.#market;
    switch (event.kind) {
      case "OrderAccepted":
        this.holdIds.add(event.holdId);
        if (event.transfer !== undefined) this.holdIds.add(event.transfer.fromHoldId);
        return;
      case "OrderRejected":
        this.holdIds.add(event.holdId);
        this.#balance(event.accountId, holdAsset(market, event.terms.side));
        return;
      case "OrderUpdated":
        if (event.addedHoldId !== undefined) this.holdIds.add(event.addedHoldId);
        this.holdIds.add(event.holdId);
        this.#balance(event.accountId, holdAsset(market, event.side));
        return;
      case "OrderCancelled":
        this.holdIds.add(event.holdId);
        this.#balance(event.accountId, holdAsset(market, event.side));
        return;
      case "Trade":
        for (const { holdId, accountId } of [event.maker, event.taker]) {
          this.holdIds.add(holdId);
          this.#bothBalances(accountId);
        }
        this.#bothBalances(`fees.${market.market}`);
        return;
      case "TradesReversed":
        for (const { maker, taker } of event.trades) {
          this.#bothBalances(maker.accountId);
          this.#bothBalances(taker.accountId);
        }
        this.#bothBalances(`fees.${market.market}`);
        this.#bothBalances("shortfall");
        return;
      case "CommandRejected":
        if (event.holdId === undefined || event.accountId === undefined) return;
        // The event does not say which side its order is on: the hold's row does.
        this.holdIds.add(event.holdId);
        this.#bothBalances(event.accountId);
        return;
      case "OrderRested":
      case "OrderTriggered":
      case "OrdersCancelled":
      case "Ticked":
      case "AuctionUncrossed":
      case "MarketStateChanged":
      case "MarketRulesChanged":
        return;
      default:
        unreachable(event);
    }
  }

  addHold({ holdId, accountId, asset }: Hold): void {
    this.holdIds.add(holdId);
    this.#balance(accountId, asset);
  }

  #bothBalances(owner: BalanceKey["owner"]): void {
    this.#balance(owner, this.#market.base);
    this.#balance(owner, this.#market.quote);
  }

  #balance(owner: BalanceKey["owner"], asset: string): void {
    const text = `${owner}/${asset}`;
    if (!this.balances.has(text)) this.balances.set(text, { owner, asset });
  }
}
