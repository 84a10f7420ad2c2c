/**
 * The book one can check by reading: sorted arrays and straight loops, a page of code for each section of
 * SEMANTICS.md. It is what the fast one has to agree with, to the last event.
 */

import type {
  EngineRejectCode,
  MarketEvent,
  SetMarketRules,
  SetMarketState,
  Side,
} from "@exchange/streams/contract";
import { assert, assertQtyLots, TRIGGER_SLICE_MAX, unreachable } from "@exchange/streams/contract";

import { pairRefusal, placementRefusal } from "./admission.ts";
import { decideAmend } from "./amendment.ts";
import type { Book, BookSnapshot, CommandInput, DepthLevel, Emit, MarketRules } from "./book.ts";
import type { NumberSink } from "./event-numbers.ts";
import { writeEventNumbers } from "./event-numbers.ts";
import { refusalOf } from "./gate.ts";
import { runAuction } from "./naive-auction.ts";
import { cancelOrder } from "./naive-cancel.ts";
import { cancelMany } from "./naive-mass-cancel.ts";
import type { NaiveOrder } from "./naive-order.ts";
import { amendOrder, placeOrder, placePair } from "./naive-place.ts";
import { refuse } from "./naive-refuse.ts";
import { NaiveState } from "./naive-state.ts";
import { nextDue, runTriggers } from "./naive-trigger.ts";
import { NaiveView } from "./naive-view.ts";
import { reversalParts, reversedFrom } from "./reversal.ts";
import { hashSnapshot } from "./snapshot-hash.ts";

export class NaiveBook implements Book {
  readonly #state: NaiveState;
  readonly #view: NaiveView;
  #position = 0;
  /** Of the last command. */
  #written: MarketEvent[] = [];

  constructor(snapshot?: BookSnapshot) {
    this.#state = new NaiveState(snapshot);
    this.#view = new NaiveView(this.#state);
  }

  get rules(): MarketRules {
    return this.#state.rules;
  }

  get size(): number {
    return this.#state.bids.length + this.#state.asks.length;
  }

  get dueMs(): number | undefined {
    const state = this.#state;
    if (state.rules.state === "closed") return undefined;
    if (state.rules.state === "continuous" && nextDue(state) !== undefined) return 0;
    const times = state.open().flatMap(({ expireTimeMs }) => expireTimeMs ?? []);
    const { auctionUntilMs } = state.rules;
    if (auctionUntilMs !== undefined) times.push(auctionUntilMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  apply(input: CommandInput, emit?: Emit): void {
    assert(input.position > this.#position, "commands are applied once and in order");
    this.#position = input.position;
    const state = this.#state;
    this.#written = [];
    state.events.start(input, (event) => {
      this.#written.push(event);
      emit?.(event);
    });
    state.triggersLeft = TRIGGER_SLICE_MAX;
    if (state.rules.state !== "closed") this.#applyDue();
    const refusal = refusalOf(input, state.rules) ?? this.#perform(input);
    if (refusal !== undefined) refuse(state, input, refusal);
    runTriggers(state);
    state.events.finish();
  }

  writeNumbers(sink: NumberSink): void {
    for (const event of this.#written) writeEventNumbers(event, sink);
  }

  depth(side: Side, levelsMax: number): DepthLevel[] {
    const levels = Map.groupBy(this.#state.side(side), (order) => order.priceTicks);
    return [...levels].slice(0, levelsMax).map(([priceTicks, orders]) => ({
      priceTicks,
      qtyLots: assertQtyLots(orders.reduce((lots, order) => lots + order.shownLots, 0)),
      orders: orders.length,
    }));
  }

  snapshot(): BookSnapshot {
    return this.#state.snapshot();
  }

  stateHash(): string {
    return hashSnapshot(this.snapshot());
  }

  /** What the time brings, before the command itself. */
  #applyDue(): void {
    const state = this.#state;
    const { timeMs } = state;
    const { windowMs = Infinity } = state.rules.trading?.volatilityHalt ?? {};
    const { windowStartMs = Infinity, windowTicks, lastTicks } = state.prices;
    if (timeMs >= windowStartMs + windowMs) state.startWindow(lastTicks ?? windowTicks);
    const expired = state
      .open()
      .filter(({ expireTimeMs = Infinity }) => expireTimeMs <= timeMs)
      .toSorted(
        (left, right) =>
          (left.expireTimeMs ?? 0) - (right.expireTimeMs ?? 0) || left.orderId - right.orderId,
      );
    for (const order of expired) this.#cancelIfOpen(order);
    const { auctionUntilMs = Infinity, definitionVersion } = state.rules;
    if (auctionUntilMs <= timeMs) this.#enter("continuous", definitionVersion, "auction-over");
    runTriggers(state);
  }

  /** The other leg of a pair that expired at the same time is gone already. */
  #cancelIfOpen(order: NaiveOrder): void {
    if (this.#state.find(order.orderId) !== order) return;
    cancelOrder(this.#state, order, { reason: "expired" });
  }

  /** Returns why not, when the book itself has a reason. */
  #perform({ command, position }: CommandInput): EngineRejectCode | undefined {
    const state = this.#state;
    switch (command.kind) {
      case "PlaceOrder": {
        const refusal = placementRefusal(command, this.#view);
        if (refusal === undefined) placeOrder(state, command, position);
        return refusal;
      }
      case "PlaceOrderPair": {
        const refusal = pairRefusal(command, this.#view);
        if (refusal === undefined) placePair(state, command, position);
        return refusal;
      }
      case "AmendOrder": {
        const amended = decideAmend(command, this.#view);
        if (typeof amended === "string") return amended;
        amendOrder(state, command, amended);
        return undefined;
      }
      case "CancelOrder": {
        const order = state.find(command.orderId);
        if (order === undefined || order.accountId !== command.accountId) return "UNKNOWN_ORDER";
        cancelOrder(state, order, { reason: "requested" });
        return undefined;
      }
      case "CancelAllOrders":
      case "CancelOnDisconnect":
      case "CancelMarketOrders":
        cancelMany(state, command);
        return undefined;
      case "Tick":
        state.events.write({ kind: "Ticked" });
        return undefined;
      case "SetMarketState":
        this.#changeState(command);
        return undefined;
      case "SetMarketRules":
        this.#changeRules(command);
        return undefined;
      case "ReverseTrades":
        for (const from of reversalParts(command.trades)) {
          state.events.write({
            kind: "TradesReversed",
            trades: reversedFrom(command.trades, from),
          });
        }
        return undefined;
      default:
        return unreachable(command);
    }
  }

  #changeState(command: SetMarketState): void {
    const { state: next, definitionVersion, auctionUntilMs } = command;
    this.#enter(next, definitionVersion, auctionUntilMs);
  }

  /** Crossed orders trade before the state does not allow them any more. */
  #enter(
    next: MarketRules["state"],
    definitionVersion: number,
    how: "auction-over" | number | undefined,
  ): void {
    const state = this.#state;
    const trades = next === "continuous" || next === "post-only";
    if (trades) runAuction(state);
    const auctionUntilMs = typeof how === "number" ? how : undefined;
    state.setState(next, definitionVersion, auctionUntilMs);
    state.events.write({
      kind: "MarketStateChanged",
      state: next,
      definitionVersion,
      ...(how === "auction-over" && { reason: how }),
      ...(auctionUntilMs !== undefined && { auctionUntilMs }),
    });
    if (next === "continuous") state.startWindow(state.reference());
  }

  #changeRules(command: SetMarketRules): void {
    const { rules, definitionVersion } = command;
    const state = this.#state;
    state.rules = { ...state.rules, trading: rules, definitionVersion };
    state.events.write({ kind: "MarketRulesChanged", rules, definitionVersion });
    state.startWindow(state.reference());
  }
}
