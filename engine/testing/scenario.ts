/**
 * Scenarios as tables: one row a command, `what is asked -> what the book says`. An order's name starts
 * with its account's: `a2` is an order of account `a`. Options are `key=value`, anywhere in a row:
 * `at=` engine time, `deadline=`, `version=`, `spend=` (the held amount), `epoch=foreign`.
 */

import type {
  Command,
  MarketEvent,
  MarketState,
  OrderTerms,
  TimeInForce,
} from "@exchange/streams/contract";
import {
  assert,
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
} from "@exchange/streams/contract";

import type { BookFactory } from "../core/index.ts";

const MAKER_FEE_PPM = 1000;
const TAKER_FEE_PPM = 2000;
const FAR_DEADLINE_MS = 1_000_000;

export type Render = (event: MarketEvent, nameOf: (orderId: number) => string) => string;

/** Plays a table's left column and writes the whole table again, with what the book really said. */
export function play(table: string, createBook: BookFactory, render: Render): string[] {
  const book = createBook();
  const names = new Map<number, string>();
  let timeMs = 0;
  return rowsOf(table).map((row, place) => {
    const [asked = ""] = row.split(/ +-> +/);
    const options = optionsOf(asked);
    timeMs = Number(options["at"] ?? timeMs);
    const words = asked.split(" ").filter((word) => !word.includes("="));
    const position = place + 1;
    if (isPlacement(words)) names.set(position, words[0] ?? "");
    const command = parseCommand(words, { options, names, book });
    const events: MarketEvent[] = [];
    const foreignEpoch = options["epoch"] === "foreign";
    book.apply({ command, position, timeMs, foreignEpoch }, (event) => events.push(event));
    events.forEach((event, index) => {
      assert(event.command === position && event.index === index, "events are numbered");
    });
    const said = events.map((event) => render(event, (id) => names.get(id) ?? `#${id}`));
    return `${asked} -> ${said.filter((text) => text !== "").join("; ")}`;
  });
}

export function rowsOf(table: string): string[] {
  return table
    .split("\n")
    .map((row) => row.trim().replaceAll(/ +/g, " "))
    .filter((row) => row !== "");
}

/** Lots and prices. An acceptance goes without saying: a refusal does not. */
export const renderLots: Render = (event, nameOf) => {
  switch (event.kind) {
    case "OrderAccepted":
      return "";
    case "OrderRejected":
      return `rejected ${event.code}`;
    case "Trade":
      return `takes ${event.qtyLots} from ${nameOf(event.maker.orderId)} @ ${event.priceTicks}`;
    case "OrderRested":
      return `rests ${event.openLots} @ ${event.priceTicks}`;
    case "OrderUpdated":
      return `${nameOf(event.orderId)} updated ${event.openLots} @ ${event.priceTicks} (${event.reason})`;
    case "OrderTriggered":
      return `${nameOf(event.orderId)} set off`;
    case "AuctionUncrossed":
      return `auction ${event.qtyLots} @ ${event.priceTicks}`;
    case "MarketRulesChanged":
      return `rules v${event.definitionVersion}`;
    case "OrderCancelled":
      return `${nameOf(event.orderId)} cancelled ${event.openLots} (${event.reason})`;
    case "OrdersCancelled":
      return `cancelled ${event.cancelled}, left ${event.left}`;
    case "CommandRejected":
      return `rejected ${event.code}`;
    case "Ticked":
      return `ticked ${event.timeMs}`;
    case "MarketStateChanged":
      return `${event.state} v${event.definitionVersion}`;
  }
};

/** Money: what each side pays, gets back and still holds. */
export const renderMoney: Render = (event, nameOf) => {
  if (event.kind === "Trade") {
    return [event.maker, event.taker]
      .map(({ orderId, consumed, released, remaining, done }) => {
        const kept = done ? "done" : `holds ${remaining}`;
        return `${nameOf(orderId)} pays ${consumed} frees ${released} ${kept}`;
      })
      .join(", ");
  }
  if (event.kind === "OrderCancelled") {
    return `${nameOf(event.orderId)} frees ${event.released} (${event.reason})`;
  }
  return renderLots(event, nameOf);
};

interface Context {
  readonly options: Readonly<Record<string, string>>;
  readonly names: ReadonlyMap<number, string>;
  readonly book: ReturnType<BookFactory>;
}

function parseCommand(words: readonly string[], context: Context): Command {
  const { options, names, book } = context;
  const deadlineMs = Number(options["deadline"] ?? FAR_DEADLINE_MS);
  const [subject = "", verb, object = ""] = words;
  if (subject === "tick") return { kind: "Tick" };
  if (subject === "state") {
    const definitionVersion = Number(options["version"] ?? book.rules.definitionVersion + 1);
    return { kind: "SetMarketState", state: marketState(verb), definitionVersion };
  }
  const accountId = accountOf(subject);
  if (verb === "cancels" && object === "all") {
    return { kind: "CancelAllOrders", accountId, deadlineMs };
  }
  if (verb === "cancels") {
    const [orderId = 999] = [...names].find(([, name]) => name === object) ?? [];
    return { kind: "CancelOrder", accountId, orderId, deadlineMs };
  }
  return {
    kind: "PlaceOrder",
    accountId,
    clientOrderId: subject,
    holdId: names.size,
    deadlineMs,
    definitionVersion: Number(options["version"] ?? book.rules.definitionVersion),
    makerFeePpm: MAKER_FEE_PPM,
    takerFeePpm: TAKER_FEE_PPM,
    terms: parseTerms(words, options),
  };
}

function parseTerms(words: readonly string[], options: Context["options"]): OrderTerms {
  const side = words[1] === "buy" ? "buy" : "sell";
  const sizing = words[2] === "budget" ? "budget" : "quantity";
  const number = Number(words[sizing === "budget" ? 3 : 2]);
  const price = Number(words[words.indexOf("@") + 1]);
  const type = words.includes("market") ? "market" : "limit";
  const lots = sizing === "budget" ? 0 : number;
  const spend = sizing === "quantity" && side === "buy" ? price * lots : number;
  return {
    side,
    type,
    timeInForce: timeInForceOf(words, type === "market" ? "IOC" : "GTC"),
    postOnly: words.includes("post-only"),
    sizing,
    priceTicks: assertPriceTicks(price),
    qtyLots: assertQtyLots(lots),
    spendMax: assertSpendUnits(
      Number(options["spend"] ?? Math.min(spend, Number.MAX_SAFE_INTEGER)),
    ),
  };
}

function timeInForceOf(words: readonly string[], otherwise: TimeInForce): TimeInForce {
  if (words.includes("ioc")) return "IOC";
  return words.includes("fok") ? "FOK" : otherwise;
}

function marketState(word: string | undefined): MarketState {
  const states = ["continuous", "cancel-only", "halted", "closed"] as const;
  const state = states.find((candidate) => candidate === word);
  assert(state !== undefined, `${word} is a market state`);
  return state;
}

function isPlacement(words: readonly string[]): boolean {
  return words[1] === "buy" || words[1] === "sell";
}

function accountOf(name: string): number {
  return name.charCodeAt(0);
}

function optionsOf(row: string): Record<string, string> {
  const pairs = row.split(" ").filter((word) => word.includes("="));
  return Object.fromEntries(pairs.map((pair) => pair.split("=").slice(0, 2)));
}
