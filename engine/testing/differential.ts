/** Two books play one random log and must say the same, command by command. */

import type { MarketEvent } from "@exchange/streams/contract";

import type { Book, BookFactory, CommandInput } from "../core/index.ts";
import { Laws } from "./laws.ts";
import { RandomCommands, randomMainAccount } from "./random-commands.ts";

export interface Seed {
  readonly seed: number;
  readonly commands: number;
  /** Only what every market has always known. */
  readonly plain: boolean;
}

export interface TwoBooks {
  readonly fast: BookFactory;
  readonly naive: BookFactory;
}

/** Says where and how the books differ; undefined when they never do. */
export function differ({ seed, commands, plain }: Seed, books: TwoBooks): string | undefined {
  const fast = books.fast();
  const naive = books.naive();
  const source = new RandomCommands({ seed, plain });
  for (let count = 0; count < commands; count += 1) {
    const input = source.next(naive.rules);
    const events = eventsOf(naive, input);
    const difference = differenceIn(events, attempt(fast, input)) ?? differenceBetween(fast, naive);
    if (difference !== undefined) {
      return `seed ${seed}, command ${count}: ${difference}\nof ${JSON.stringify(input)}`;
    }
    for (const event of events) source.observe(event);
  }
  return undefined;
}

/** Says which law a book breaks and where; undefined when it keeps them all. */
export function breakLaw({ seed, commands, plain }: Seed, create: BookFactory): string | undefined {
  const book = create();
  const source = new RandomCommands({ seed, plain });
  const laws = new Laws(randomMainAccount);
  for (let count = 0; count < commands; count += 1) {
    const input = source.next(book.rules);
    try {
      for (const event of eventsOf(book, input)) {
        source.observe(event);
        laws.observe(event);
      }
      laws.checkBetweenCommands();
      laws.checkBook(book.snapshot());
    } catch (error) {
      return `seed ${seed}, command ${count}: ${String(error)}\nof ${JSON.stringify(input)}`;
    }
  }
  return undefined;
}

export function eventsOf(book: Book, input: CommandInput): MarketEvent[] {
  const events: MarketEvent[] = [];
  book.apply(input, (event) => events.push(event));
  return events;
}

/** A book that throws differs too. */
function attempt(book: Book, input: CommandInput): readonly MarketEvent[] | string {
  try {
    return eventsOf(book, input);
  } catch (error) {
    return `it broke: ${String(error)}`;
  }
}

/** As text, since that is what the event log has. */
function differenceIn(
  naive: readonly MarketEvent[],
  fast: readonly MarketEvent[] | string,
): string | undefined {
  if (typeof fast === "string") return fast;
  for (const [index, event] of naive.entries()) {
    const [wanted, said] = [JSON.stringify(event), JSON.stringify(fast[index])];
    if (wanted !== said) return `event ${index} is ${said}, not ${wanted}`;
  }
  const extra = fast[naive.length];
  return extra === undefined ? undefined : `an event too many: ${JSON.stringify(extra)}`;
}

function differenceBetween(fast: Book, naive: Book): string | undefined {
  if (fast.dueMs !== naive.dueMs) return `due at ${fast.dueMs}, not ${naive.dueMs}`;
  const [wantedNumbers, numbers] = [numbersOf(naive), numbersOf(fast)];
  if (numbers !== wantedNumbers) return `the running hash takes ${numbers}, not ${wantedNumbers}`;
  if (fast.stateHash() === naive.stateHash()) return undefined;
  const [wanted, is] = [JSON.stringify(naive.snapshot()), JSON.stringify(fast.snapshot())];
  return `the states differ: ${is}, not ${wanted}`;
}

/** What the running hash takes of the last command. A naive book works it out from its events. */
function numbersOf(book: Book): string {
  const numbers: string[] = [];
  book.writeNumbers({
    // There is one zero: `ChainLink` writes no negative one.
    write: (value) => numbers.push(String(value + 0)),
    endEvent: () => numbers.push(";"),
  });
  return numbers.join(" ");
}
