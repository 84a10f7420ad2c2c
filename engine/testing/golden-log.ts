/**
 * Golden logs: command logs with the running hash after each record, kept for every engine to come. A line
 * is one record, as the log had it, and the hash that its last event led to.
 */

import { join } from "node:path";

import { formatHash } from "@exchange/streams";
import type { Command, CommandRecord } from "@exchange/streams/contract";

import type { BookFactory } from "../core/index.ts";
import type { LoggedRecord } from "../logged-record.ts";
import { Replica } from "../replica.ts";
import { Dice } from "./dice.ts";
import { RandomCommands } from "./random-commands.ts";

const MARKET = "BTC-USD";
const EPOCH = 1;
const COMMANDS_A_RECORD = 6;

export const goldenFolder = join(import.meta.dir, "../golden");

export interface GoldenLine extends LoggedRecord {
  /** Running hash after the record, hex. */
  readonly hash: string;
}

/** The first record whose events are not what they were; undefined when all are. */
export function firstChange(lines: readonly GoldenLine[], create: BookFactory): string | undefined {
  const replica = new Replica({ market: MARKET, epoch: EPOCH, createBook: create });
  for (const { hash, ...logged } of lines) {
    replica.apply(logged);
    const is = formatHash(replica.hash);
    if (is !== hash) return `record ${logged.sequence} leads to ${is}, not ${hash}`;
  }
  return undefined;
}

export async function readGoldenLog(file: string): Promise<GoldenLine[]> {
  const packed = await Bun.file(join(goldenFolder, file)).bytes();
  const text = new TextDecoder().decode(Bun.gunzipSync(packed));
  return text
    .trimEnd()
    .split("\n")
    .map((line): GoldenLine => JSON.parse(line));
}

export interface GoldenOptions {
  readonly seed: number;
  readonly records: number;
  readonly plain: boolean;
}

/** A log as a market's writers would make it: records of a few commands, now and then of another epoch. */
export function makeGoldenLog(options: GoldenOptions, create: BookFactory): GoldenLine[] {
  const { seed, records, plain } = options;
  const replica = new Replica({ market: MARKET, epoch: EPOCH, createBook: create });
  const source = new RandomCommands({ seed, plain });
  const dice = new Dice(seed);
  return Array.from({ length: records }, (_, place) => {
    const commands: Command[] = [];
    const size = 1 + dice.below(COMMANDS_A_RECORD);
    let [timeMs, epoch] = [0, EPOCH];
    while (commands.length < size) {
      const input = source.next(replica.book.rules);
      ({ timeMs } = input);
      if (input.foreignEpoch) epoch = EPOCH + 1;
      commands.push(input.command);
    }
    const record: CommandRecord = { v: 1, epoch, commands };
    const logged = { sequence: place + 1, timeMs, record };
    replica.apply(logged, ({ event }) => source.observe(event));
    return { ...logged, hash: formatHash(replica.hash) };
  });
}
