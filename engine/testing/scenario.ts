/**
 * Scenarios as tables: one row a command, `what is asked -> what the book says`. A file holds many, each
 * under a `# title` that is the guarantee; `(money)` at its end shows what each side pays instead of lots.
 */

import type { MarketEvent } from "@exchange/streams/contract";
import { assert, positionsOf } from "@exchange/streams/contract";

import type { BookFactory } from "../core/index.ts";
import { namesIn, optionsOf, parseCommand } from "./scenario-commands.ts";
import type { Render } from "./scenario-words.ts";
import { renderLots, renderMoney } from "./scenario-words.ts";

export interface Scenario {
  readonly title: string;
  readonly rows: readonly string[];
  readonly render: Render;
}

export function parseScenarios(text: string): Scenario[] {
  const scenarios: { title: string; rows: string[]; render: Render }[] = [];
  for (const line of text.split("\n")) {
    const row = line.trim().replaceAll(/ +/g, " ");
    if (row.startsWith("# ")) {
      const render = row.endsWith("(money)") ? renderMoney : renderLots;
      scenarios.push({ title: row.slice(2), rows: [], render });
    } else if (row !== "") {
      const scenario = scenarios.at(-1);
      assert(scenario !== undefined, "a scenario has a title");
      scenario.rows.push(row);
    }
  }
  return scenarios;
}

/** Plays a table's left column and returns the table with what the book really said. `* 5000` before a row plays it that often, its orders named alike. */
export function playScenario({ rows, render }: Scenario, create: BookFactory): string[] {
  const book = create();
  const names = new Map<number, string>();
  let timeMs = 0;
  let position = 1;

  function playRow(asked: string): MarketEvent[] {
    const options = optionsOf(asked);
    timeMs = Number(options["at"] ?? timeMs);
    const command = parseCommand(asked, { options, names, rules: book.rules, position });
    for (const [leg, name] of namesIn(asked).entries()) names.set(position + leg, name);
    const foreignEpoch = options["epoch"] === "foreign";
    const input = { command, position, timeMs, foreignEpoch };
    position += positionsOf(command);
    const events: MarketEvent[] = [];
    book.apply(input, (event) => events.push(event));
    for (const [index, event] of events.entries()) {
      assert(event.command === input.position && event.index === index, "events are numbered");
    }
    return events;
  }

  return rows.map((row) => {
    const [asked = ""] = row.split(/ ?-> ?/);
    const [, times = "1", single = asked] = /^\* (\d+) (.*)$/.exec(asked) ?? [];
    let events: MarketEvent[] = [];
    for (let count = 0; count < Number(times); count += 1) events = playRow(single);
    const words = events.map((event) => render(event, (id) => names.get(id) ?? `#${id}`));
    return `${asked} -> ${shorten(words.filter((text) => text !== "")).join("; ")}`.trimEnd();
  });
}

/** Nobody reads the 5,000 trades of a sweep: the first, the last and how many there were. */
function shorten(words: readonly string[]): readonly string[] {
  const most = 12;
  if (words.length <= most) return words;
  return [...words.slice(0, 2), `… ${words.length - 4} more …`, ...words.slice(-2)];
}
