/** What the running hash covers of events. */

import { expect, test } from "bun:test";

import type { MarketEvent } from "@exchange/streams/contract";

import { eventsOf } from "../testing/differential.ts";
import { RandomCommands } from "../testing/random-commands.ts";
import { writeEventNumbers } from "./event-numbers.ts";
import { createBook, createNaiveBook } from "./index.ts";

const SEEDS = 4;
const COMMANDS = 400;

function numbersOf(write: (sink: Parameters<typeof writeEventNumbers>[1]) => void): string[] {
  const written: string[] = [];
  let numbers: number[] = [];
  write({
    write: (value) => numbers.push(value),
    endEvent() {
      written.push(numbers.join(" "));
      numbers = [];
    },
  });
  return written;
}

/** All that two events of one command may differ in but their order, which the hash covers by itself. */
function withoutPlace(event: MarketEvent): string {
  return JSON.stringify({ ...event, index: 0 });
}

test("events of a command that differ in anything differ in their numbers, which both books write alike", () => {
  const seen = { events: 0, pairs: 0 };
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const [naive, fast] = [createNaiveBook(), createBook()];
    const source = new RandomCommands({ seed, plain: false });
    for (let count = 0; count < COMMANDS; count += 1) {
      const input = source.next(naive.rules);
      const events = eventsOf(naive, input);
      fast.apply(input);
      const numbers = events.flatMap((event) =>
        numbersOf((sink) => writeEventNumbers(event, sink)),
      );
      expect(numbersOf((sink) => fast.writeNumbers(sink))).toEqual(numbers);
      const texts = new Map<string, string>();
      for (const [place, event] of events.entries()) {
        source.observe(event);
        const text = withoutPlace(event);
        const key = numbers[place] ?? "";
        const other = texts.get(key) ?? text;
        if (other !== text) throw new Error(`${text} and ${other} are both ${key}`);
        texts.set(key, text);
      }
      seen.events += events.length;
      if (input.command.kind === "PlaceOrderPair") seen.pairs += 1;
    }
  }
  expect(seen.events).toBeGreaterThan(SEEDS * COMMANDS);
  expect(seen.pairs).toBeGreaterThan(SEEDS);
});
