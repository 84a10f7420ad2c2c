/** A book is its rules, a gate and a matcher. The matcher is all in which two books differ. */

import type {
  Command,
  EngineRejectCode,
  MarketState,
  PlaceOrder,
  Side,
} from "@exchange/streams/contract";
import { assert, unreachable } from "@exchange/streams/contract";

import type {
  Book,
  BookSnapshot,
  CommandInput,
  DepthLevel,
  Emit,
  MarketRules,
  RestingOrder,
} from "./book.ts";
import { GENESIS_RULES } from "./book.ts";
import { EventWriter } from "./event-writer.ts";
import { refusalOf, termsRefusal } from "./gate.ts";
import type { Matcher } from "./matcher.ts";
import type { PlainCommand } from "./plain-only.ts";
import { isPlain } from "./plain-only.ts";
import { StateHash } from "./state-hash.ts";

/** Without a snapshot the book is the empty one every market starts with. */
export function assembleBook(matcher: Matcher, snapshot?: BookSnapshot): Book {
  matcher.restore(snapshot?.orders ?? []);
  return new AssembledBook(matcher, snapshot?.rules ?? GENESIS_RULES);
}

/** Part of the state hash, which snapshots keep: appended to, never renumbered. */
const stateNumber = {
  continuous: 1,
  "cancel-only": 2,
  halted: 3,
  closed: 4,
  "pre-open": 5,
  auction: 6,
  "post-only": 7,
} as const satisfies Record<MarketState, number>;

class AssembledBook implements Book {
  readonly #matcher: Matcher;
  readonly #writer = new EventWriter();
  #rules: MarketRules;
  #position = 0;

  constructor(matcher: Matcher, rules: MarketRules) {
    this.#matcher = matcher;
    this.#rules = rules;
  }

  get rules(): MarketRules {
    return this.#rules;
  }

  get size(): number {
    return this.#matcher.size;
  }

  apply(input: CommandInput, emit: Emit): void {
    assert(input.position > this.#position, "commands are applied once and in order");
    this.#position = input.position;
    this.#writer.start(input, emit);
    const refusal = refusalOf(input, this.#rules);
    if (refusal !== undefined) this.#refuse(input.command, refusal);
    else if (isPlain(input.command)) this.#admit(input.command);
    else this.#refuse(input.command, "ORDER_TYPE_NOT_SUPPORTED");
    this.#writer.finish();
  }

  depth(side: Side, levelsMax: number): DepthLevel[] {
    return this.#matcher.depth(side, levelsMax);
  }

  snapshot(): BookSnapshot {
    const orders: RestingOrder[] = [];
    this.#matcher.visitOrders((order) => orders.push(order));
    return { rules: this.#rules, orders };
  }

  stateHash(): string {
    const hash = new StateHash();
    hash.add(stateNumber[this.#rules.state]);
    hash.add(this.#rules.definitionVersion);
    this.#matcher.visitOrders((order) => {
      hash.add(order.orderId);
      hash.add(order.accountId);
      hash.add(order.holdId);
      hash.add(order.side === "buy" ? 1 : 2);
      hash.add(order.priceTicks);
      hash.add(order.openLots);
      hash.add(order.makerFeePpm);
    });
    return hash.digest();
  }

  #admit(command: PlainCommand): void {
    switch (command.kind) {
      case "PlaceOrder":
        return this.#place(command);
      case "CancelOrder":
        if (!this.#matcher.cancel(command.accountId, command.orderId, this.#writer)) {
          this.#writer.commandRejected(command, "UNKNOWN_ORDER");
        }
        return;
      case "CancelAllOrders":
        return this.#matcher.cancelAll(command.accountId, this.#writer);
      case "Tick":
        return this.#writer.ticked();
      case "SetMarketState":
        this.#rules = { state: command.state, definitionVersion: command.definitionVersion };
        return this.#writer.marketStateChanged(command);
      default:
        return unreachable(command);
    }
  }

  #place(order: PlaceOrder): void {
    const refusal = termsRefusal(order.terms, this.#matcher);
    if (refusal !== undefined) return this.#writer.rejected(order, refusal);
    this.#writer.accepted(order);
    this.#matcher.place(order, this.#writer);
  }

  #refuse(command: Command, code: EngineRejectCode): void {
    this.#writer.refused(command, code);
  }
}
