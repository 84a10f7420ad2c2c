/**
 * A scenario's left column. An order's name starts with its account's letter: `a2` is of account `a`.
 *
 *     a1 buy 5 @ 100 [ioc|fok] [post-only [slide]] [market|stop|stop-limit|touched|touched-limit|trailing]
 *     a1 buy budget 500 market @ 110
 *     a1+a2 sell 5 @ 110 post-only / stop @ 85 trigger=90     a pair: side and quantity once
 *     a amends a1 qty=3 price=101 held=20
 *     a cancels a1 | a cancels all | a disconnects session=1 | everybody out
 *     state auction until=50 | rules collar=50000 stp=decrement | tick
 *
 * Options are `key=value`, anywhere in a row: `at=` engine time, `deadline=`, `version=`, `epoch=foreign`, `spend=` and `held=`
 * (what the hold has), `gtd=`, `trigger=`, `offset=`, `show=`, `stp=`, `session=`, `replaces=`.
 */

import type {
  Command,
  MarketState,
  OrderTerms,
  OrderType,
  SelfTradePrevention,
  TimeInForce,
  TradingRules,
} from "@exchange/streams/contract";
import {
  assert,
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  marketStates,
  selfTradePreventions,
} from "@exchange/streams/contract";

import type { MarketRules } from "../core/index.ts";

const MAKER_FEE_PPM = 1000;
const TAKER_FEE_PPM = 2000;
const FAR_DEADLINE_MS = 1_000_000;
const UNKNOWN_ORDER = 999;

export type Options = Readonly<Record<string, string>>;

export interface Context {
  readonly options: Options;
  /** Orders named so far, by id. */
  readonly names: ReadonlyMap<number, string>;
  readonly rules: MarketRules;
  /** Of this row. */
  readonly position: number;
}

export function optionsOf(row: string): Options {
  const pairs = row.split(" ").filter((word) => word.includes("="));
  return Object.fromEntries(pairs.map((pair) => pair.split("=").slice(0, 2)));
}

/** The names a row gives to the orders it places. */
export function namesIn(row: string): string[] {
  const [subject = "", verb] = row.split(" ").filter((word) => !word.includes("="));
  return verb === "buy" || verb === "sell" ? subject.split("+") : [];
}

export function parseCommand(row: string, context: Context): Command {
  const words = row.split(" ").filter((word) => !word.includes("="));
  const [subject = "", verb = "", object = ""] = words;
  const { options, rules } = context;
  const deadlineMs = Number(options["deadline"] ?? FAR_DEADLINE_MS);
  const nextVersion = Number(options["version"] ?? rules.definitionVersion + 1);
  if (subject === "tick") return { kind: "Tick" };
  if (subject === "everybody") return { kind: "CancelMarketOrders" };
  if (subject === "rules") {
    return {
      kind: "SetMarketRules",
      rules: parseRules(options),
      definitionVersion: nextVersion,
    };
  }
  if (subject === "state") {
    const until = options["until"];
    return {
      kind: "SetMarketState",
      state: marketState(verb),
      definitionVersion: nextVersion,
      ...(until !== undefined && { auctionUntilMs: Number(until) }),
    };
  }
  const owner = { accountId: subject.charCodeAt(0), deadlineMs };
  if (verb === "disconnects") {
    return { kind: "CancelOnDisconnect", ...owner, sessionId: Number(options["session"]) };
  }
  if (verb === "cancels" && object === "all") return { kind: "CancelAllOrders", ...owner };
  if (verb === "cancels") {
    return { kind: "CancelOrder", ...owner, orderId: orderNamed(object, context) };
  }
  return verb === "amends"
    ? parseAmend(object, owner, context)
    : parsePlacement(row, owner, context);
}

interface Owner {
  readonly accountId: number;
  readonly deadlineMs: number;
}

function parseAmend(name: string, owner: Owner, context: Context): Command {
  const { options, position } = context;
  const { qty, price, held } = options;
  return {
    kind: "AmendOrder",
    ...owner,
    orderId: orderNamed(name, context),
    ...chargesOf(context),
    ...(price !== undefined && { priceTicks: assertPriceTicks(Number(price)) }),
    ...(qty !== undefined && { qtyLots: assertQtyLots(Number(qty)) }),
    ...(held !== undefined && {
      holdId: position,
      heldUnits: assertSpendUnits(Number(held)),
    }),
  };
}

function parsePlacement(row: string, owner: Owner, context: Context): Command {
  const { options, position } = context;
  const { replaces, held, session, most, main } = options;
  const [first = "", second] = row.split(" / ");
  const order = {
    ...owner,
    holdId: position,
    ...chargesOf(context),
    ...(session !== undefined && { sessionId: Number(session) }),
    ...(most !== undefined && { sessionOrdersMax: Number(most) }),
    ...(main !== undefined && { mainAccountId: main.charCodeAt(0) }),
  };
  const terms = parseTerms(first, optionsOf(first));
  const [clientOrderId = "", otherId = ""] = namesIn(row);
  if (second === undefined) {
    return {
      kind: "PlaceOrder",
      ...order,
      clientOrderId,
      terms,
      ...(replaces !== undefined && { replaces: orderNamed(replaces, context) }),
      ...(held !== undefined && { heldUnits: assertSpendUnits(Number(held)) }),
    };
  }
  const other = parseTerms(`x ${terms.side} ${terms.qtyLots} ${second}`, optionsOf(second));
  const need = Math.max(terms.spendMax, other.spendMax);
  return {
    kind: "PlaceOrderPair",
    ...order,
    heldUnits: assertSpendUnits(Number(held ?? need)),
    legs: [
      { clientOrderId, terms },
      { clientOrderId: otherId, terms: other },
    ],
  };
}

function chargesOf({ options, rules }: Context) {
  return {
    definitionVersion: Number(options["version"] ?? rules.definitionVersion),
    makerFeePpm: MAKER_FEE_PPM,
    takerFeePpm: TAKER_FEE_PPM,
  };
}

const typeByWord: Readonly<Record<string, OrderType>> = {
  market: "market",
  stop: "stop-market",
  "stop-limit": "stop-limit",
  touched: "market-if-touched",
  "touched-limit": "limit-if-touched",
  trailing: "trailing-stop-market",
};

function parseTerms(row: string, options: Options): OrderTerms {
  const words = row.split(" ").filter((word) => !word.includes("="));
  const side = words[1] === "buy" ? "buy" : "sell";
  const sizing = words[2] === "budget" ? "budget" : "quantity";
  const number = Number(words[sizing === "budget" ? 3 : 2]);
  const price = Number(words[words.indexOf("@") + 1]);
  const type = typeByWord[words.find((word) => word in typeByWord) ?? ""] ?? "limit";
  const lots = sizing === "budget" ? 0 : number;
  const spend = sizing === "quantity" && side === "buy" ? price * lots : number;
  const { gtd, show, trigger, offset, stp } = options;
  return {
    side,
    type,
    timeInForce: timeInForceOf(words, gtd, type),
    postOnly: words.includes("post-only"),
    sizing,
    priceTicks: assertPriceTicks(price),
    qtyLots: assertQtyLots(lots),
    spendMax: assertSpendUnits(
      Number(options["spend"] ?? Math.min(spend, Number.MAX_SAFE_INTEGER)),
    ),
    ...(trigger !== undefined && { triggerTicks: assertPriceTicks(Number(trigger)) }),
    ...(offset !== undefined && { trailingOffsetTicks: assertPriceTicks(Number(offset)) }),
    ...(show !== undefined && { displayLots: assertQtyLots(Number(show)) }),
    ...(gtd !== undefined && { expireTimeMs: Number(gtd) }),
    ...(words.includes("slide") && { postOnlySlide: true }),
    ...(stp !== undefined && { selfTradePrevention: preventionNamed(stp) }),
  };
}

function timeInForceOf(
  words: readonly string[],
  gtd: string | undefined,
  type: OrderType,
): TimeInForce {
  if (gtd !== undefined) return "GTD";
  if (words.includes("ioc")) return "IOC";
  if (words.includes("fok")) return "FOK";
  return type === "market" ? "IOC" : "GTC";
}

function parseRules(options: Options): TradingRules {
  const {
    notional,
    lots,
    open,
    stp,
    collar,
    reference,
    band,
    window = 1000,
    pause = 100,
  } = options;
  return {
    ...(notional !== undefined && { notionalMin: assertSpendUnits(Number(notional)) }),
    ...(lots !== undefined && { qtyMaxLots: assertQtyLots(Number(lots)) }),
    ...(open !== undefined && { openOrdersMax: Number(open) }),
    ...(stp !== undefined && { selfTradePrevention: preventionNamed(stp) }),
    ...(collar !== undefined && { collarPpm: Number(collar) }),
    ...(reference !== undefined && { referenceTicks: assertPriceTicks(Number(reference)) }),
    ...(band !== undefined && {
      volatilityHalt: {
        bandPpm: Number(band),
        windowMs: Number(window),
        auctionMs: Number(pause),
      },
    }),
  };
}

function preventionNamed(word: string): SelfTradePrevention {
  const mode = selfTradePreventions.find((candidate) => candidate === word);
  assert(mode !== undefined, `${word} prevents self-trades`);
  return mode;
}

function marketState(word: string): MarketState {
  const state = marketStates.find((candidate) => candidate === word);
  assert(state !== undefined, `${word} is a market state`);
  return state;
}

function orderNamed(name: string, { names }: Context): number {
  const [orderId = UNKNOWN_ORDER] = [...names].findLast(([, known]) => known === name) ?? [];
  return orderId;
}
