/** `bench orders`: the whole order path under an open loop, load generator included. */

import type { Verb } from "../../cli/options.ts";
import { parseOptions } from "../../cli/options.ts";
import type { BenchReport } from "./bench.ts";
import { benchOrders } from "./bench.ts";

const DEFAULTS = { rate: 3000, seconds: 60, warmUp: 5, accounts: 100, connections: 256, seed: 1 };
const MARKET_DEFAULT = "BENCH-USD";

export const orders: Verb = {
  summary: "orders and cancels through the public door, open loop",
  help: `Usage: bun run bench orders [options]

Sends orders and cancels of many accounts at a given rate, whether or not earlier ones were answered; a
request's time counts from when it was due. The load generator runs on the same machine and is shown.

  --rate N          commands a second (default ${DEFAULTS.rate})
  --seconds N       measured time (default ${DEFAULTS.seconds}), after --warm-up N seconds (default ${DEFAULTS.warmUp})
  --accounts N      (default ${DEFAULTS.accounts})
  --connections N   keep-alive connections at most (default ${DEFAULTS.connections})
  --market MARKET   added when it is not listed (default ${MARKET_DEFAULT})
  --async           answers at the commit point instead of the engine's verdict
  --seed N          of the flow (default ${DEFAULTS.seed})
  --json            the figures as JSON`,
  run: async (args) => {
    const options = parseOptions(
      args,
      {
        rate: "string",
        seconds: "string",
        "warm-up": "string",
        accounts: "string",
        connections: "string",
        market: "string",
        async: "boolean",
        seed: "string",
      },
      [],
    );
    const report = await benchOrders({
      ratePerSecond: options.count("rate", DEFAULTS.rate),
      seconds: options.count("seconds", DEFAULTS.seconds),
      warmUpSeconds: options.count("warm-up", DEFAULTS.warmUp),
      accounts: options.count("accounts", DEFAULTS.accounts),
      connections: options.count("connections", DEFAULTS.connections),
      market: options.text("market") ?? MARKET_DEFAULT,
      respondAsync: options.flag("async"),
      seed: options.count("seed", DEFAULTS.seed),
    });
    console.log(options.flag("json") ? JSON.stringify(report) : formatReport(report));
    return 0;
  },
};

function formatReport(report: BenchReport): string {
  const { latencyMs, lagS } = report;
  const lines = [
    `rate       ${report.ratePerSecond}/s asked for ${report.seconds} s, ${report.achievedPerSecond} commands/s done`,
    `latency    p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, p99.9 ${latencyMs.p999} ms, max ${latencyMs.max} ms`,
    `in flight  ${report.inFlightMax} at most`,
    `lag        engine ${formatLag(lagS.engineS)}, settlement ${formatLag(lagS.walletS)}, order rows ${formatLag(lagS.ordersS)}`,
    `log        ${report.logBytesPerCommand} bytes a command`,
    "answers",
    ...Object.entries(report.outcomes).map(([outcome, count]) => `  ${count}  ${outcome}`),
    "cpu, cores",
    ...report.cpuCores.map(({ name, cores }) => `  ${cores.toFixed(3)}  ${name}`),
  ];
  return lines.join("\n");
}

function formatLag(seconds: number | undefined): string {
  return seconds === undefined ? "not reached" : `${seconds} s`;
}
