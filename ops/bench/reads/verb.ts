/** `bench reads`: market reads of one gateway process, load generator included. */

import type { Verb } from "../../cli/options.ts";
import { parseOptions } from "../../cli/options.ts";
import { preemptNobody } from "../../setup/scheduling.ts";
import type { Phase } from "./bench.ts";
import { benchReads } from "./bench.ts";

const DEFAULTS = { seconds: 5, connections: 64 };
const MARKET_DEFAULT = "BTC-USD";
const ORDER_RATES = [200, 1000] as const;

export const reads: Verb = {
  summary: "market reads through the public door, alone and beside orders",
  help: `Usage: bun run bench reads [options]

Reads book, ticker, trades and candles of a market in turn: as fast as answers come, at a tenth of that, and again
as fast as they come beside ${ORDER_RATES.join(" and ")} orders a second. Start the exchange with RATE_LIMIT_READS_PER_SECOND=1000000
and RATE_LIMIT_ADDRESS_PER_SECOND=1000000, since all reads come from one address.

  --seconds N       of each phase (default ${DEFAULTS.seconds})
  --connections N   keep-alive connections (default ${DEFAULTS.connections})
  --market MARKET   (default ${MARKET_DEFAULT})
  --json            the figures as JSON`,
  run: async (args) => {
    const options = parseOptions(
      args,
      { seconds: "string", connections: "string", market: "string" },
      [],
    );
    // As many as can be: what counts is what the gateway does, not how soon this process hears of it.
    preemptNobody();
    const phases = await benchReads({
      market: options.text("market") ?? MARKET_DEFAULT,
      seconds: options.count("seconds", DEFAULTS.seconds),
      inFlight: options.count("connections", DEFAULTS.connections),
      orderRates: ORDER_RATES,
    });
    console.log(options.flag("json") ? JSON.stringify(phases) : phases.map(format).join("\n"));
    return 0;
  },
};

function format({ name, readsPerSecond, latencyMs, ...layers }: Phase): string {
  const { hitShare, loadsPerSecond, redisPerSecond, mysqlPerSecond, cpuCores } = layers;
  const latency =
    latencyMs === undefined ? "" : `, p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`;
  const lines = [
    name,
    `  ${readsPerSecond} reads/s${latency}`,
    `  ${(hitShare * 100).toFixed(2)} % from the gateway's memory, ${loadsPerSecond} loads/s from the market service`,
    `  cores: ${cpuCores.map(({ name: of, cores }) => `${of} ${cores.toFixed(2)}`).join(", ")}`,
    `  ${redisPerSecond} Redis commands/s, ${mysqlPerSecond} MySQL queries/s, whoever asked`,
  ];
  return lines.join("\n");
}
