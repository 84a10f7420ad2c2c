/** `bench engine`: the matcher alone, in this process. */

import { join } from "node:path";

import { flowAfter, parseFlow } from "@exchange/engine/order-flow";

import type { Verb } from "../../cli/options.ts";
import { parseOptions } from "../../cli/options.ts";
import { BUSY_COMMANDS, createBusyMarket } from "./busy-market.ts";
import type { FlowName } from "./generate-flow.ts";
import { generateFlow } from "./generate-flow.ts";
import type { Latency, Throughput } from "./measure-book.ts";
import {
  measureHeapGrowth,
  measureLatency,
  measureRestingBytes,
  measureThroughput,
} from "./measure-book.ts";
import { measurePeer } from "./peer-book.ts";

const DEFAULTS = { orders: 1_000_000, rounds: 5, seed: 23 } as const;
const HEAP_MESSAGES = 10_000_000;
const RESTING = 1_000_000;
const PEER_FLOW: FlowName = "normal";
const oracleFolder = join(import.meta.dir, "../../data/matching-oracle");

interface FlowFigures {
  readonly flow: string;
  readonly messages: number;
  readonly throughput: Throughput;
  readonly latencyNs: Latency;
  readonly heapBytesPerMessage: number;
}

interface Report {
  readonly flows: readonly FlowFigures[];
  /** The flow named, in a market that has rules, orders that wait and orders that expire. */
  readonly busyMarket: { readonly flow: string; readonly throughput: Throughput };
  readonly restingMegabytes: number;
  /** On the oracle's flow of 40,000 messages. */
  readonly peer: { readonly flow: string; readonly ours: number; readonly theirs: number };
}

export const engine: Verb = {
  summary: "the matcher alone: five order flows, in this process",
  help: `Usage: bun run bench engine [--orders N] [--rounds N] [--seed N] [--json]

Generates five order flows and plays each through the book: commands and events are numbers, and what is timed is
the book writing its events into memory that it uses again. The flow ${PEER_FLOW} also in a market with trading rules and thousands of orders
that wait or expire. Beside it npm's nodejs-order-book on the flow ${PEER_FLOW} of
ops/data/matching-oracle, since it stalls on deep books. Needs no running exchange, and the machine to itself.

  --orders N   new orders in each flow (default ${DEFAULTS.orders})
  --rounds N   of each flow; the median counts (default ${DEFAULTS.rounds})
  --seed N     of the flows (default ${DEFAULTS.seed})
  --json       the figures as JSON`,
  run: async (args) => {
    const options = parseOptions(args, { orders: "string", rounds: "string", seed: "string" }, []);
    const orders = options.count("orders", DEFAULTS.orders);
    const rounds = options.count("rounds", DEFAULTS.rounds);
    const seed = options.count("seed", DEFAULTS.seed);
    const restingMegabytes = measureRestingBytes(RESTING) / 1_000_000;
    const names: FlowName[] = ["static", "normal", "swing-25", "swing-40", "flash-crash"];
    const flows = names.map((name) => measureFlow(name, generateFlow(name, orders, seed), rounds));
    const busy = flowAfter(BUSY_COMMANDS, generateFlow(PEER_FLOW, orders, seed));
    const throughput = measureThroughput(busy, rounds, createBusyMarket);
    const busyMarket = { flow: PEER_FLOW, throughput };
    const report = { flows, busyMarket, restingMegabytes, peer: await comparePeer(rounds) };
    console.log(options.flag("json") ? JSON.stringify(report) : formatReport(report));
    return 0;
  },
};

function measureFlow(
  name: FlowName,
  flow: ReturnType<typeof generateFlow>,
  rounds: number,
): FlowFigures {
  return {
    flow: name,
    messages: flow.messages,
    throughput: measureThroughput(flow, rounds),
    latencyNs: measureLatency(flow),
    heapBytesPerMessage: measureHeapGrowth(flow, HEAP_MESSAGES),
  };
}

async function comparePeer(rounds: number): Promise<Report["peer"]> {
  const packed = await Bun.file(join(oracleFolder, `${PEER_FLOW}.csv.gz`)).bytes();
  const flow = parseFlow(new TextDecoder().decode(Bun.gunzipSync(packed)));
  const theirs = measurePeer(flow, rounds);
  return { flow: PEER_FLOW, ours: measureThroughput(flow, rounds * 4).wall, theirs };
}

function formatReport({ flows, busyMarket, restingMegabytes, peer }: Report): string {
  const worst = Math.min(...flows.map(({ throughput }) => throughput.wall));
  const rows = flows.map(({ flow, messages, throughput, latencyNs, heapBytesPerMessage }) =>
    [
      flow.padEnd(12),
      String(messages).padStart(9),
      throughput.wall.toFixed(2).padStart(6),
      throughput.cpu.toFixed(2).padStart(6),
      ...[latencyNs.p50, latencyNs.p99, latencyNs.p999, latencyNs.max, latencyNs.emptyP99].map(
        (ns) => String(Math.round(ns)).padStart(9),
      ),
      heapBytesPerMessage.toFixed(3).padStart(8),
    ].join(" "),
  );
  return [
    "                          M msg/s                ns a message, and of the clock      heap",
    "flow          messages   wall    cpu       p50       p99     p99.9       max empty p99 B/message",
    ...rows,
    `worst flow   ${worst.toFixed(2)} M msg/s`,
    `busy market  ${busyMarket.throughput.wall.toFixed(2)} M msg/s on ${busyMarket.flow}: trading rules, ${BUSY_COMMANDS} orders before it, most of them stops and orders that expire`,
    `memory       ${restingMegabytes.toFixed(0)} MB for ${RESTING} resting orders`,
    `beside it    on ${peer.flow} (40,000 messages): ${peer.ours.toFixed(2)} M msg/s, nodejs-order-book ${peer.theirs.toFixed(3)}: ${(peer.ours / peer.theirs).toFixed(1)} times`,
  ].join("\n");
}
