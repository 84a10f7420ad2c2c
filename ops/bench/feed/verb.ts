/** `bench feed`: how many WebSocket clients one gateway keeps up to date, and how soon. */

import type { Verb } from "../../cli/options.ts";
import { parseOptions } from "../../cli/options.ts";
import { Failure } from "../../setup/failure.ts";
import type { Crowd, CrowdFigures } from "./figures.ts";
import { FIGURES_PREFIX } from "./figures.ts";
import { withServers } from "./servers.ts";

const DEFAULTS = { seconds: 10 } as const;
/** As it grows; the last one, for which two cores are too few at that rate, with fewer frames. */
const CROWDS: readonly Crowd[] = [
  { clients: 100, framesPerSecond: 200 },
  { clients: 1000, framesPerSecond: 200 },
  { clients: 3000, framesPerSecond: 50 },
];

export const feed: Verb = {
  summary: "WebSocket clients of one gateway: time from frame to client, memory a client",
  help: `Usage: bun run bench feed [--clients N --rate N] [--seconds N] [--json]

Starts NATS, Redis, a market service and a gateway of its own, which are removed afterwards, and the machine to itself.
Event frames of one market are stored in its log at a steady rate; every client follows its book over \`/v1/ws\` and
checks that each update starts where the one before it ended. The time is from storing a frame to a client's
having an update that contains it, clients and services on the same cores.

${CROWDS.map(({ clients, framesPerSecond }) => `  ${clients} clients at ${framesPerSecond} frames/s`).join("\n")}

  --clients N   this crowd only
  --rate N      its frames a second (default 200)
  --seconds N   of each crowd (default ${DEFAULTS.seconds})
  --json        the figures as JSON`,
  run: async (args) => {
    const names = { clients: "string", rate: "string", seconds: "string" } as const;
    const options = parseOptions(args, names, []);
    const clients = options.count("clients", 0);
    const framesPerSecond = options.count("rate", 200);
    const seconds = options.count("seconds", DEFAULTS.seconds);
    const crowds = clients === 0 ? CROWDS : [{ clients, framesPerSecond }];
    const all: CrowdFigures[] = [];
    await withServers(async (run) => {
      for (const crowd of crowds) {
        const figures = await measure(run, crowd, seconds);
        all.push(figures);
        if (!options.flag("json")) console.log(format(figures));
      }
    });
    if (options.flag("json")) console.log(JSON.stringify(all));
    return 0;
  },
};

/** In a process of its own, which is given the servers as a live test is. */
async function measure(
  run: (args: readonly string[]) => Promise<string>,
  { clients, framesPerSecond }: Crowd,
  seconds: number,
): Promise<CrowdFigures> {
  const said = await run([clients, framesPerSecond, seconds].map(String));
  const line = said.split("\n").find((one) => one.startsWith(FIGURES_PREFIX));
  if (line === undefined) throw new Failure(`The measurement failed:\n${said}`);
  return JSON.parse(line.slice(FIGURES_PREFIX.length));
}

function format(figures: CrowdFigures): string {
  const { clients, framesPerSecond, messagesPerSecond, latencyMs, kilobytesPerClient } = figures;
  const cores = figures.cpuCores.map(({ name, cores: used }) => `${name} ${used.toFixed(2)}`);
  return [
    `${clients} clients, ${framesPerSecond} frames/s`,
    `  ${messagesPerSecond} messages/s sent; ${figures.lost} lost, ${figures.resnapshots} resnapshots, ${figures.closed} closed`,
    `  frame to client: p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, most ${latencyMs.max} ms`,
    `  ${kilobytesPerClient} KB of the gateway's memory a client`,
    `  cores: ${cores.join(", ")}`,
  ].join("\n");
}
