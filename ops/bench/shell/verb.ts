/** `bench shell`: what the engine does around its book, from one stream into the other. */

import { randomBytes } from "node:crypto";

import { stream } from "@exchange/streams";
import type { NatsConnection } from "nats";

import type { Verb } from "../../cli/options.ts";
import { parseOptions } from "../../cli/options.ts";
import { withProvisioning } from "../../exchange/connect.ts";
import { BENCH_EPOCH, fillLog } from "./fill-log.ts";
import { measureEngine } from "./measure-engine.ts";
import { measureParse, measureReplay } from "./measure-replay.ts";

const DEFAULTS = { commands: 200_000, rounds: 5 } as const;
/** As under load, as on a busier day, and one command a record, as from one client alone. */
const ENGINE_GROUPS = [200, 16] as const;
const REPLAY_GROUPS = [1, 16] as const;
/** One command a record takes longer to fill in, and the ratio needs no more. */
const SINGLE_COMMANDS_MAX = 60_000;

interface Figure {
  readonly name: string;
  readonly commandsPerSecond: number;
  /** Of reading and parsing alone, in the same run. */
  readonly ratio?: number;
}

export const shell: Verb = {
  summary: "the engine's shell: commands to frames with an fsync each, and replay",
  help: `Usage: bun run bench shell [--commands N] [--rounds N] [--json]

Fills command logs of a market of its own on the running exchange's server, which are removed afterwards. Then runs an
engine until the last event is stored, and replays logs beside reading and parsing them alone (ordered
consumer, max_messages 5000), in turns; the median counts.

  --commands N   in each log (default ${DEFAULTS.commands})
  --rounds N     of reading and of replaying (default ${DEFAULTS.rounds})
  --json         the figures as JSON`,
  run: async (args) => {
    const parsed = parseOptions(args, { commands: "string", rounds: "string" }, []);
    const commands = parsed.count("commands", DEFAULTS.commands);
    const rounds = parsed.count("rounds", DEFAULTS.rounds);
    const figures: Figure[] = [];
    const note = (figure: Figure): void => {
      figures.push(figure);
      if (!parsed.flag("json")) console.log(formatFigure(figure));
    };
    await withProvisioning(async (connection) => {
      for (const commandsPerRecord of ENGINE_GROUPS) {
        note(await benchEngine(connection, { commands, commandsPerRecord }));
      }
      for (const commandsPerRecord of REPLAY_GROUPS) {
        const most = commandsPerRecord === 1 ? SINGLE_COMMANDS_MAX : commands;
        const size = { commands: Math.min(commands, most), commandsPerRecord };
        for (const figure of await benchReplay(connection, size, rounds)) note(figure);
      }
    });
    if (parsed.flag("json")) console.log(JSON.stringify(figures));
    return 0;
  },
};

interface Size {
  readonly commands: number;
  readonly commandsPerRecord: number;
}

async function benchEngine(connection: NatsConnection, size: Size): Promise<Figure> {
  const market = mintMarket();
  try {
    const lastRecord = await fillLog(connection, { market, ...size });
    const seconds = await measureEngine(connection, market, lastRecord);
    return {
      name: `command log to events stream, ${size.commandsPerRecord} commands a record`,
      commandsPerSecond: Math.round(size.commands / seconds),
    };
  } finally {
    await removeLogs(connection, market);
  }
}

async function benchReplay(
  connection: NatsConnection,
  size: Size,
  rounds: number,
): Promise<Figure[]> {
  const market = mintMarket();
  try {
    const lastRecord = await fillLog(connection, { market, ...size });
    const parses: number[] = [];
    const replays: number[] = [];
    // The first turn warms up both.
    for (let round = 0; round <= rounds; round += 1) {
      const parse = await measureParse(connection, market, lastRecord);
      const replay = await measureReplay(connection, market, lastRecord);
      if (round === 0) continue;
      parses.push(parse);
      replays.push(replay);
    }
    const perSecond = (seconds: number[]): number => Math.round(size.commands / median(seconds));
    const records = `${size.commandsPerRecord} ${size.commandsPerRecord === 1 ? "command" : "commands"} a record`;
    return [
      { name: `ordered consume and parse, ${records}`, commandsPerSecond: perSecond(parses) },
      {
        name: `replay, ${records}`,
        commandsPerSecond: perSecond(replays),
        ratio: Number((median(parses) / median(replays)).toFixed(2)),
      },
    ];
  } finally {
    await removeLogs(connection, market);
  }
}

function mintMarket(): string {
  return `S${randomBytes(4).toString("hex").toUpperCase()}-SHELL`;
}

async function removeLogs(connection: NatsConnection, market: string): Promise<void> {
  const jsm = await connection.jetstreamManager();
  for (const name of [stream.commands(market, BENCH_EPOCH), stream.events(market, BENCH_EPOCH)]) {
    // Not every measurement made both.
    await jsm.streams.delete(name).catch(() => false);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;
}

function formatFigure({ name, commandsPerSecond, ratio }: Figure): string {
  const share = ratio === undefined ? "" : ` (${ratio} of it)`;
  return `${String(commandsPerSecond).padStart(8)}/s  ${name}${share}`;
}
