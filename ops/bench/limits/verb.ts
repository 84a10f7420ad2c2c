/** `bench limits`: what this machine can do at most, piece by piece, in the same run. */

import type { Verb } from "../../cli/options.ts";
import { parseOptions } from "../../cli/options.ts";
import { measureHolds } from "./holds.ts";
import { measureHttp } from "./http.ts";
import type { Limit } from "./limit.ts";
import { measureRequests } from "./requests.ts";
import { measureCreates } from "./streams.ts";

const SECONDS_DEFAULT = 5;

export const limits: Verb = {
  summary: "what this machine can do at most, piece by piece",
  help: `Usage: bun run bench limits [--seconds N] [--json]

Measures the pieces of the order path on the running exchange's servers, fsync on, in a stream and a
database of their own that are removed afterwards. Closed loop: the next when one is done.

  --seconds N   each measurement (default ${SECONDS_DEFAULT})
  --json        the figures as JSON`,
  run: async (args) => {
    const parsed = parseOptions(args, { seconds: "string" }, []);
    const options = { seconds: parsed.count("seconds", SECONDS_DEFAULT) };
    const measured: Limit[] = [];
    for (const measure of [measureCreates, measureHolds, measureHttp, measureRequests]) {
      for (const limit of await measure(options)) {
        measured.push(limit);
        if (!parsed.flag("json")) console.log(formatLimit(limit));
      }
    }
    if (parsed.flag("json")) console.log(JSON.stringify(measured));
    return 0;
  },
};

function formatLimit({ name, perSecond, latencyMs }: Limit): string {
  const { p50, p99 } = latencyMs;
  return `${String(perSecond).padStart(8)}/s  p50 ${p50} ms, p99 ${p99} ms  ${name}`;
}
