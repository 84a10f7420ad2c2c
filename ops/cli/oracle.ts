/** `exchange oracle`: plays order flows whose answers other engines know, and says how fast. */

import { createBook } from "@exchange/engine/core";
import { playOracleFlow } from "@exchange/engine/oracle";
import { createMemory, parseFlow, playFlow, prepareMemory } from "@exchange/engine/order-flow";

import type { OperatorVerb } from "./effect.ts";
import { parseOptions, UsageError } from "./options.ts";

/**
 * Playing goes on for the least, and until no lap was faster for a while: short flows are to be timed warm, and the
 * compiler takes its time on a busy machine.
 */
const TIMED_MS = { least: 1500, sinceFastest: 1000, most: 8000 } as const;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

interface OracleLine {
  readonly flow: string;
  readonly sha256: string;
  readonly messages: number;
  readonly trades: number;
  readonly millionPerSecond: number;
}

export const oracle: OperatorVerb = {
  effects: "reads",
  summary: "play order flows that other engines know the answers of",
  help: `Usage: bun run exchange oracle FILE... [--json]

Plays each flow (plain or gzip, in the format of ops/data/matching-oracle/README.md) through the engine's book and
prints a line for each: <flow> <sha256 of the reports> <messages> <trades> <M msg/s>. The speed is that of the
book alone, commands and events as numbers: no report text, no hash, the fastest lap. Needs no running exchange.

  --json   one JSON object a line`,
  run: async (args) => {
    const files = args.filter((arg) => arg !== "--json");
    const options = parseOptions(args, {}, files);
    if (files.length === 0) throw new UsageError("Expected a file or more.");
    for (const file of files) {
      const line = measure(flowNameOf(file), await readFlowText(file));
      const { flow, sha256, messages, trades, millionPerSecond } = line;
      const plain = [flow, sha256, messages, trades, millionPerSecond.toFixed(2)].join(" ");
      console.log(options.flag("json") ? JSON.stringify(line) : plain);
    }
    return 0;
  },
};

function measure(flow: string, text: string): OracleLine {
  const { messages, trades, reports } = playOracleFlow(text, createBook());
  const sha256 = new Bun.SHA256().update(reports.join("\n")).digest("hex");
  return { flow, sha256, messages, trades, millionPerSecond: speedOf(text) };
}

/** Million messages a second of the fastest lap. */
function speedOf(text: string): number {
  const flow = parseFlow(text);
  const startedMs = performance.now();
  let fastest = { lapMs: Infinity, atMs: startedMs };
  for (;;) {
    const memory = createMemory(flow.messages);
    prepareMemory(memory);
    const beginMs = performance.now();
    playFlow(memory, flow);
    const atMs = performance.now();
    if (atMs - beginMs < fastest.lapMs) fastest = { lapMs: atMs - beginMs, atMs };
    const playedMs = atMs - startedMs;
    const isSettled = playedMs > TIMED_MS.least && atMs - fastest.atMs > TIMED_MS.sinceFastest;
    if (isSettled || playedMs > TIMED_MS.most) return flow.messages / fastest.lapMs / 1000;
  }
}

async function readFlowText(file: string): Promise<string> {
  const bytes = await Bun.file(file).bytes();
  const isPacked = bytes[0] === GZIP_MAGIC[0] && bytes[1] === GZIP_MAGIC[1];
  return new TextDecoder().decode(isPacked ? Bun.gunzipSync(bytes) : bytes);
}

/** `ops/data/normal.csv.gz` is the flow `normal`. */
function flowNameOf(file: string): string {
  return (file.split("/").at(-1) ?? file).replace(/\.csv(\.gz)?$/, "");
}
