/** The book that runs, behind the interface that all books have. */

import type { Command, OrderTerms, Side } from "@exchange/streams/contract";
import { assert, priceTicks, unreachable } from "@exchange/streams/contract";

import { applyInput, dueMsOf } from "./apply-command.ts";
import { depthOf, snapshotOf } from "./book-snapshot.ts";
import { MemoryView } from "./book-view.ts";
import type { Book, BookSnapshot, CommandInput, DepthLevel, Emit, MarketRules } from "./book.ts";
import { decodeEvents } from "./decode-events.ts";
import type { NumberSink } from "./event-numbers.ts";
import { applyCommand, createMemory, isShortWayOpen } from "./flat-book.ts";
import { commandKind, encodeCharges, encodeTerms, flag } from "./flat-command.ts";
import {
  ACCOUNT,
  DEADLINE_MS,
  FLAGS,
  INDEX_COUNT,
  KIND,
  LAST_POSITION,
  MARKET_IS_SPECIAL,
  ORDER_INDEX,
  POSITION,
  TARGET,
  TIME_MS,
  WAITING,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { NaiveEvents } from "./naive-events.ts";
import { restoreBook } from "./restore-book.ts";
import { writeRowNumbers } from "./row-numbers.ts";
import { hashSnapshot } from "./snapshot-hash.ts";
import { feesAreShares } from "./terms-check.ts";

export class FastBook implements Book {
  readonly #memory: Memory;
  readonly #view: MemoryView;
  readonly #events = new NaiveEvents();
  #command: Command = { kind: "Tick" };

  constructor(snapshot?: BookSnapshot) {
    this.#memory = createMemory(snapshot?.orders.length);
    this.#view = new MemoryView(this.#memory);
    if (snapshot !== undefined) restoreBook(this.#memory, snapshot);
  }

  get rules(): MarketRules {
    return this.#memory.rules;
  }

  get size(): number {
    const { ints } = this.#memory;
    return (ints[ORDER_INDEX + INDEX_COUNT] ?? 0) - (ints[WAITING] ?? 0);
  }

  get dueMs(): number | undefined {
    return dueMsOf(this.#memory);
  }

  apply(input: CommandInput, emit?: Emit): void {
    const memory = this.#memory;
    this.#command = input.command;
    if (isShortWayOpen(memory, input.timeMs) && encodePlain(memory, input)) applyCommand(memory);
    else {
      const last = memory.floats[LAST_POSITION] ?? 0;
      assert(input.position > last, "commands are applied once and in order");
      memory.floats[LAST_POSITION] = input.position;
      applyInput(memory, input, this.#view);
    }
    assert(memory.eventsEnd > 0, "every command yields an event");
    if (emit === undefined) return;
    this.#events.start(input, emit);
    decodeEvents(memory, input, this.#events);
    this.#events.finish();
  }

  writeNumbers(sink: NumberSink): void {
    writeRowNumbers(this.#memory, this.#command, sink);
  }

  depth(side: Side, levelsMax: number): DepthLevel[] {
    return depthOf(this.#memory, side, levelsMax);
  }

  snapshot(): BookSnapshot {
    return snapshotOf(this.#memory);
  }

  stateHash(): string {
    return hashSnapshot(this.snapshot());
  }
}

/** Writes a command to where the short way reads it. False when it is not plain enough for that. */
function encodePlain(
  memory: Memory,
  { command, position, timeMs, foreignEpoch }: CommandInput,
): boolean {
  const { ints, floats } = memory;
  floats[POSITION] = position;
  floats[TIME_MS] = timeMs;
  ints[FLAGS] = 0;
  const kind = plainKind(memory, command);
  if (kind === undefined) return false;
  ints[KIND] = kind;
  if (foreignEpoch) ints[FLAGS] = (ints[FLAGS] ?? 0) | flag.foreignEpoch;
  return true;
}

function plainKind(memory: Memory, command: Command): number | undefined {
  const { ints, floats } = memory;
  switch (command.kind) {
    case "PlaceOrder": {
      const { terms, replaces, heldUnits, sessionId, mainAccountId } = command;
      if (sessionId !== undefined || mainAccountId !== undefined) return undefined;
      if (heldUnits !== undefined || !isPlain(terms)) return undefined;
      // The gate refuses these. Integers of 32 bits would not tell some of them from others.
      if (command.definitionVersion !== memory.rules.definitionVersion) return undefined;
      if (!feesAreShares(command)) return undefined;
      // What fills whole depends on more than prices where the market has rules.
      if (terms.timeInForce === "FOK" && (ints[MARKET_IS_SPECIAL] ?? 0) !== 0) return undefined;
      encodeCharges(memory, command);
      encodeTerms(memory, terms);
      if (replaces === undefined) return commandKind.place;
      floats[TARGET] = replaces;
      return commandKind.replace;
    }
    case "CancelOrder":
      floats[DEADLINE_MS] = command.deadlineMs;
      floats[ACCOUNT] = command.accountId;
      floats[TARGET] = command.orderId;
      return commandKind.cancel;
    case "CancelAllOrders":
      floats[DEADLINE_MS] = command.deadlineMs;
      floats[ACCOUNT] = command.accountId;
      return commandKind.cancelAll;
    case "Tick":
      return commandKind.tick;
    case "PlaceOrderPair":
    case "AmendOrder":
    case "CancelOnDisconnect":
    case "CancelMarketOrders":
    case "SetMarketState":
    case "SetMarketRules":
    case "ReverseTrades":
      return undefined;
    default:
      return unreachable(command);
  }
}

/** Terms without anything that only some orders have. */
function isPlain(terms: OrderTerms): boolean {
  return (
    (terms.type === "limit" || terms.type === "market") &&
    priceTicks(terms.priceTicks) !== undefined &&
    Number.isSafeInteger(terms.qtyLots) &&
    Number.isSafeInteger(terms.spendMax) &&
    terms.timeInForce !== "GTD" &&
    terms.triggerTicks === undefined &&
    terms.trailingOffsetTicks === undefined &&
    terms.displayLots === undefined &&
    terms.expireTimeMs === undefined &&
    terms.postOnlySlide === undefined &&
    terms.selfTradePrevention === undefined
  );
}
