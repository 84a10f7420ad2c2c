/**
 * Random logs of every feature, played by the naive book, with the money that a wallet would have set aside for
 * each command. What the wallet's rules and the audit make of the events must agree at any moment.
 */

import { createNaiveBook } from "@exchange/engine/core";
import type { Book, CommandInput } from "@exchange/engine/core";
import { RANDOM_ACCOUNTS_MAX, RandomCommands } from "@exchange/engine/testing";
import type { Command, Frame, MarketEvent, Position, Side } from "@exchange/streams/contract";
import { createMarket, formatPosition, GENESIS } from "@exchange/streams/contract";
import { btcUsd } from "@exchange/streams/testing";
import { applyEvent, voidDueHolds } from "@exchange/wallet/settlement";
import type { MemoryMarket } from "@exchange/wallet/testing";
import {
  createMemoryMarket,
  holdInMemory,
  memoryViolations,
  touchedBy,
} from "@exchange/wallet/testing";

import type { Reversal } from "../views/view-history.ts";

const ACCOUNTS = Array.from({ length: RANDOM_ACCOUNTS_MAX }, (_, index) => index + 1);
const FUNDS = 10n ** 30n;
const NO_LIMIT: Position = { command: Number.MAX_SAFE_INTEGER, index: 0 };

export const playedMarket = createMarket(btcUsd);
/** Behind every event of a played log. */
export const wholeLog = NO_LIMIT;

export interface Played {
  readonly money: MemoryMarket;
  readonly events: readonly MarketEvent[];
  /** One a command, in the order of settlement. */
  readonly frames: readonly Frame[];
}

/** Throws where the wallet's rules refuse an event; `onCommand` is called after each command. */
export function playMoney(
  { seed, commands }: { readonly seed: number; readonly commands: number },
  onCommand: (money: MemoryMarket, frame: Frame, book: Pick<Book, "snapshot">) => void,
): Played {
  const money = createMemoryMarket(ACCOUNTS, FUNDS);
  const book = createNaiveBook();
  const source = new RandomCommands({ seed });
  const sides = new Map<number, Side>();
  const events: MarketEvent[] = [];
  const frames: Frame[] = [];
  let from = GENESIS;
  for (let count = 0; count < commands; count += 1) {
    const input = source.next(book.rules);
    holdFor(money, input.command, sides);
    const own: MarketEvent[] = [];
    book.apply(input, (event) => own.push(event));
    for (const event of own) {
      source.observe(event);
      if (event.kind === "OrderAccepted") sides.set(event.orderId, event.terms.side);
      applyEvent(onlyTouched(money, event), event);
    }
    const frame = frameOf(own, from, input);
    const at = frame.to;
    voidDueHolds(money, { holds: money.holds.values(), timeMs: frame.timeMs, at });
    from = at;
    events.push(...own);
    frames.push(frame);
    onCommand(money, frame, book);
  }
  return { money, events, frames };
}

/** As settlement notes them: each trade once. */
export function reversalsIn(events: readonly MarketEvent[]): Reversal[] {
  const reversals = new Map<string, Reversal>();
  for (const event of events) {
    if (event.kind !== "TradesReversed") continue;
    for (const trade of event.trades) {
      const id = formatPosition(trade);
      if (!reversals.has(id)) reversals.set(id, { trade, at: event });
    }
  }
  return [...reversals.values()];
}

/** What settlement would have loaded for the event, and no other row. */
function onlyTouched(money: MemoryMarket, event: MarketEvent): MemoryMarket {
  const { holdIds, balances } = touchedBy(playedMarket, [event]);
  const { ledger, holds } = money;
  return {
    ...money,
    holds: new Map([...holdIds].flatMap((id) => entryOf(holds, id))),
    ledger: {
      ...ledger,
      balances: new Map([...balances.keys()].flatMap((key) => entryOf(ledger.balances, key))),
    },
  };
}

function entryOf<Key, Value>(rows: ReadonlyMap<Key, Value>, key: Key): [Key, Value][] {
  const row = rows.get(key);
  return row === undefined ? [] : [[key, row]];
}

export function violationsOf(money: MemoryMarket): readonly string[] {
  return memoryViolations(money);
}

/** As the order service would: everything the command says it has. */
function holdFor(money: MemoryMarket, command: Command, sides: ReadonlyMap<number, Side>): void {
  const wanted = wantedBy(command, sides);
  if (wanted === undefined || !("accountId" in command)) return;
  const { accountId, deadlineMs } = command;
  holdInMemory(money, { ...wanted, accountId, deadlineMs });
}

function wantedBy(command: Command, sides: ReadonlyMap<number, Side>) {
  switch (command.kind) {
    case "PlaceOrder": {
      const { holdId, terms, heldUnits = terms.spendMax } = command;
      return { holdId, side: terms.side, units: heldUnits };
    }
    case "PlaceOrderPair": {
      const { holdId, heldUnits, legs } = command;
      return { holdId, side: legs[0].terms.side, units: heldUnits };
    }
    case "AmendOrder": {
      const { holdId, heldUnits, orderId } = command;
      if (holdId === undefined || heldUnits === undefined) return undefined;
      return { holdId, side: sides.get(orderId) ?? ("buy" as const), units: heldUnits };
    }
    case "CancelOrder":
    case "CancelAllOrders":
    case "CancelOnDisconnect":
    case "CancelMarketOrders":
    case "Tick":
    case "SetMarketState":
    case "SetMarketRules":
    case "ReverseTrades":
      return undefined;
  }
}

function frameOf(
  events: readonly MarketEvent[],
  from: Position,
  { position, timeMs }: Pick<CommandInput, "position" | "timeMs">,
): Frame {
  const last = events.at(-1);
  if (last === undefined) throw new Error(`command ${position} yields no event`);
  const { market, epoch } = playedMarket;
  return {
    v: 1,
    market,
    epoch,
    from,
    to: { command: last.command, index: last.index },
    complete: true,
    timeMs,
    hashAtTo: "",
    events,
  };
}
