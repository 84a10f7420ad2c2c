/**
 * A market's log from a seed: every kind of command, mostly sensible and sometimes not, around a price that
 * wanders. It listens to the book it writes for, so that amends and cancels mostly hit something.
 */

import type {
  AccountId,
  AmendOrder,
  Command,
  MarketEvent,
  MarketState,
  OrderTerms,
  PlaceOrder,
  PlaceOrderPair,
  ReversedTrade,
  Side,
} from "@exchange/streams/contract";
import {
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  positionsOf,
  reversedTradeOf,
} from "@exchange/streams/contract";

import type { CommandInput, MarketRules } from "../core/index.ts";
import { Dice } from "./dice.ts";
import type { Surroundings } from "./random-terms.ts";
import { randomLegs, randomPrice, randomRules, randomTerms, spendOf } from "./random-terms.ts";

const SESSIONS = 3;
const ORDERS_REMEMBERED = 60;
const TRADES_REMEMBERED = 8;
const FAR_MS = 10 ** 12;

/** Kinds by weight: those at the front are what every market has always known. */
const PLAIN_WEIGHT = 84;
const WHOLE_WEIGHT = 106;

export interface RandomCommandsOptions {
  readonly seed: number;
  /** Only what every market has always known. */
  readonly plain?: boolean;
}

interface KnownOrder {
  readonly orderId: number;
  readonly accountId: AccountId;
  readonly side: Side;
}

/** Accounts are numbered from 1 to at most this. */
export const RANDOM_ACCOUNTS_MAX = 40;

/** One account in three is its neighbour's user's. */
export function randomMainAccount(accountId: AccountId): AccountId {
  return accountId % 3 === 0 ? accountId - 1 : accountId;
}

/** What a market is like. A seed chooses, so that a run of seeds meets all of them. */
interface Temper {
  readonly center: number;
  /** How far the center moves at most from one command to the next. */
  readonly step: number;
  readonly spread: number;
  readonly waitsOnceIn: number;
  readonly extremeOnceIn: number;
  readonly accounts: number;
  /** Orders are cancelled, and states and rules changed, so much less often. */
  readonly patience: number;
}

const tempers: readonly [Temper, ...Temper[]] = [
  near({ center: 100, step: 1, spread: 7, waitsOnceIn: 5 }),
  far({ center: 100_000, step: 40, spread: 2500, waitsOnceIn: 8 }),
  far({ center: 400, step: 1, spread: 12, waitsOnceIn: 2 }),
];

type Charges = Pick<PlaceOrder, "definitionVersion" | "makerFeePpm" | "takerFeePpm">;

type Prices = Pick<Temper, "center" | "step" | "spread" | "waitsOnceIn">;

/** Few orders, and much happens to them. */
function near(prices: Prices): Temper {
  return { ...prices, extremeOnceIn: 40, accounts: 5, patience: 1 };
}

/** Many orders that are left alone. */
function far(prices: Prices): Temper {
  return { ...prices, extremeOnceIn: 2000, accounts: RANDOM_ACCOUNTS_MAX, patience: 12 };
}

export class RandomCommands {
  readonly #dice: Dice;
  readonly #plain: boolean;
  readonly #temper: Temper;
  readonly #known: KnownOrder[] = [];
  #rules: MarketRules = { state: "continuous", definitionVersion: 1 };
  #position = 1024;
  #timeMs = 1;
  #center: number;
  #holds = 0;
  /** The newest last; those that were taken back stay. */
  readonly #trades: ReversedTrade[] = [];

  constructor({ seed, plain = false }: RandomCommandsOptions) {
    this.#dice = new Dice(seed);
    this.#plain = plain;
    this.#temper = tempers[seed % tempers.length] ?? tempers[0];
    this.#center = this.#temper.center;
  }

  /** The next command for a market that has these rules now. */
  next(rules: MarketRules): CommandInput {
    const dice = this.#dice;
    this.#rules = rules;
    this.#timeMs += dice.chance(40) ? dice.below(300) : dice.below(3);
    const { step } = this.#temper;
    this.#center = Math.max(20, this.#center + dice.below(2 * step + 1) - step);
    const command = this.#command();
    const position = this.#position;
    this.#position += positionsOf(command);
    return { command, position, timeMs: this.#timeMs, foreignEpoch: dice.chance(150) };
  }

  observe(event: MarketEvent): void {
    if (event.kind === "OrderAccepted") {
      const { orderId, accountId, terms } = event;
      this.#known.push({ orderId, accountId, side: terms.side });
      if (this.#known.length > ORDERS_REMEMBERED) this.#known.shift();
    } else if (event.kind === "OrderCancelled") {
      this.#forget(event.orderId);
    } else if (event.kind === "Trade") {
      this.#trades.push(reversedTradeOf(event));
      if (this.#trades.length > TRADES_REMEMBERED) this.#trades.shift();
      if (event.maker.done) this.#forget(event.maker.orderId);
      if (event.taker.done) this.#forget(event.taker.orderId);
    }
  }

  #command(): Command {
    const dice = this.#dice;
    // A market that does not trade goes on soon, or nothing would ever happen in it.
    if (this.#rules.state !== "continuous" && dice.chance(6)) return this.#setState("continuous");
    const kind = dice.below(this.#plain ? PLAIN_WEIGHT : WHOLE_WEIGHT);
    if (kind < 62) return this.#place(this.#terms());
    const { patience } = this.#temper;
    if (kind < 76) return dice.chance(patience) ? this.#cancel() : this.#place(this.#terms());
    if (kind < 78 && dice.chance(patience)) return { kind: "CancelAllOrders", ...this.#who() };
    if (kind < 81) return this.#reversal() ?? { kind: "Tick" };
    if (kind < PLAIN_WEIGHT && dice.chance(patience)) return this.#setAnyState();
    if (kind < 93) return this.#amend();
    if (kind < 98) return this.#replace();
    if (kind < 102) return this.#placePair();
    if (kind < 103) {
      return { kind: "CancelOnDisconnect", ...this.#who(), sessionId: this.#session() };
    }
    if (!dice.chance(patience)) return this.#place(this.#terms());
    return kind < 104 && dice.chance(6) ? { kind: "CancelMarketOrders" } : this.#setRules();
  }

  #terms(): OrderTerms {
    return randomTerms(this.#dice, this.#around());
  }

  #around(): Surroundings {
    const { spread, waitsOnceIn, extremeOnceIn } = this.#temper;
    return {
      center: this.#center,
      timeMs: this.#timeMs,
      plain: this.#plain,
      spread,
      waitsOnceIn,
      extremeOnceIn,
    };
  }

  #place(terms: OrderTerms): PlaceOrder {
    const who = this.#who();
    return {
      kind: "PlaceOrder",
      ...who,
      ...this.#user(who.accountId),
      clientOrderId: "c",
      holdId: this.#hold(),
      ...this.#charges(),
      terms,
      ...(!this.#plain && this.#dice.chance(4) && this.#tied()),
    };
  }

  #replace(): PlaceOrder {
    const dice = this.#dice;
    const { orderId, accountId, side } = this.#someOrder();
    const terms = { ...this.#terms(), sizing: "quantity" as const };
    const lots = Math.max(1, terms.qtyLots);
    const spendMax = spendOf(side, terms.priceTicks, lots);
    const { mainAccountId: _, ...order } = this.#place({
      ...terms,
      side: dice.chance(15) ? terms.side : side,
      qtyLots: assertQtyLots(lots),
      spendMax: assertSpendUnits(Number.isSafeInteger(spendMax) ? spendMax : 1),
    });
    return {
      ...order,
      accountId,
      ...this.#user(accountId),
      replaces: orderId,
      ...(dice.chance(2) && { heldUnits: assertSpendUnits(dice.below(order.terms.spendMax + 1)) }),
    };
  }

  #placePair(): PlaceOrderPair {
    const [first, second] = randomLegs(this.#dice, this.#around());
    const heldUnits = Math.max(first.spendMax, second.spendMax) + (this.#dice.chance(30) ? 1 : 0);
    const who = this.#who();
    return {
      kind: "PlaceOrderPair",
      ...who,
      ...this.#user(who.accountId),
      holdId: this.#hold(),
      heldUnits: assertSpendUnits(heldUnits),
      ...this.#charges(),
      legs: [
        { clientOrderId: "c1", terms: first },
        { clientOrderId: "c2", terms: second },
      ],
    };
  }

  #amend(): AmendOrder {
    const dice = this.#dice;
    const { orderId, accountId, side } = this.#someOrder();
    const price = randomPrice(dice, this.#around());
    const holdsMore = !dice.chance(3);
    const held = spendOf(side, this.#center, dice.below(15));
    return {
      kind: "AmendOrder",
      ...this.#who(),
      accountId,
      orderId,
      ...this.#charges(),
      ...(dice.chance(2) && { priceTicks: assertPriceTicks(price) }),
      ...(!dice.chance(4) && { qtyLots: assertQtyLots(dice.below(16)) }),
      ...(holdsMore && { holdId: this.#hold(), heldUnits: assertSpendUnits(held) }),
    };
  }

  /** In the place of some ticks. Throws no dice, so that a seed is the log that it was before trades were taken back. */
  #reversal(): Command | undefined {
    if (this.#plain || this.#trades.length === 0 || this.#position % 5 !== 0) return undefined;
    const count = 1 + (this.#position % 3);
    return { kind: "ReverseTrades", trades: this.#trades.slice(-count).toReversed() };
  }

  #cancel(): Command {
    const { orderId, accountId } = this.#someOrder();
    const who = this.#who();
    const isOwn = !this.#dice.chance(20);
    return {
      kind: "CancelOrder",
      ...who,
      ...(isOwn && { accountId }),
      orderId,
    };
  }

  #setAnyState(): Command {
    const state = this.#plain
      ? this.#dice.pick(["continuous", "continuous", "cancel-only", "halted"] as const)
      : this.#dice.pick([
          "continuous",
          "pre-open",
          "auction",
          "auction",
          "post-only",
          "cancel-only",
          "halted",
        ] as const);
    return this.#setState(this.#dice.chance(200 * this.#temper.patience) ? "closed" : state);
  }

  #setState(state: MarketState): Command {
    const dice = this.#dice;
    const isTimed = state === "auction" && dice.chance(2);
    return {
      kind: "SetMarketState",
      state,
      definitionVersion: this.#version() + 1,
      ...(isTimed && { auctionUntilMs: this.#timeMs + 1 + dice.below(200) }),
    };
  }

  #setRules(): Command {
    const { patience } = this.#temper;
    const rules = randomRules(this.#dice, { center: this.#center, ordersMax: 12 * patience });
    return { kind: "SetMarketRules", rules, definitionVersion: this.#version() + 1 };
  }

  #who(): { accountId: AccountId; deadlineMs: number } {
    const dice = this.#dice;
    const isLate = dice.chance(100);
    return {
      accountId: 1 + dice.below(this.#temper.accounts),
      deadlineMs: isLate ? this.#timeMs - 1 : FAR_MS,
    };
  }

  /** One session's orders in three are limited. Throws no dice but the session's. */
  #tied(): Pick<PlaceOrder, "sessionId" | "sessionOrdersMax"> {
    const sessionId = this.#session();
    return this.#holds % 3 === 0 ? { sessionId, sessionOrdersMax: sessionId } : { sessionId };
  }

  /** Throws no dice, so that a seed is the log that it was before users had several accounts. */
  #user(accountId: AccountId): Pick<PlaceOrder, "mainAccountId"> {
    const mainAccountId = randomMainAccount(accountId);
    return this.#plain || mainAccountId === accountId ? {} : { mainAccountId };
  }

  #charges(): Charges {
    return {
      definitionVersion: this.#version(),
      makerFeePpm: this.#dice.below(3000),
      takerFeePpm: this.#dice.below(3000),
    };
  }

  #version(): number {
    return this.#rules.definitionVersion - (this.#dice.chance(80) ? 1 : 0);
  }

  #session(): number {
    return 1 + this.#dice.below(SESSIONS);
  }

  #hold(): number {
    this.#holds += 1;
    return this.#holds;
  }

  /** Some of those that are over are asked for all the same. */
  #forget(orderId: number): void {
    if (this.#dice.chance(6)) return;
    const place = this.#known.findIndex((one) => one.orderId === orderId);
    if (place !== -1) this.#known.splice(place, 1);
  }

  /** Mostly one that was let in lately and is open. */
  #someOrder(): KnownOrder {
    const known = this.#known[this.#dice.below(this.#known.length)];
    return known ?? { orderId: 1, accountId: 1, side: "buy" };
  }
}
