/** `bun run load <scenario>`: the scenarios without k6. */

import type { Verb } from "../cli/options.ts";
import { parseOptions, UsageError } from "../cli/options.ts";
import { runVerbs } from "../cli/run-verbs.ts";
import { readMarket, withExchange } from "../exchange/connect.ts";
import { formatJudged } from "./judge.ts";
import { runFanout } from "./run-fanout.ts";
import type { LoadReport, LoadTarget } from "./run-orders.ts";
import { runOrders } from "./run-orders.ts";
import type { OrderScenario, Scale } from "./scenarios.ts";
import { fanoutScenario, orderScenarios, scale } from "./scenarios.ts";

const MARKET_DEFAULT = "BTC-USD";

const footer = `Each has --help and --json. Exit codes: 0 all thresholds kept, 1 one is not, or it failed, 2 wrong usage.
EXCHANGE_HOME=DIR chooses another exchange than this checkout's .exchange. ops/load/README.md tells of k6.`;

type Run = (target: LoadTarget, scale: Scale) => Promise<LoadReport>;

function createVerb(summary: string, run: Run): Verb {
  return {
    summary,
    help: `Usage: bun run load SCENARIO [options]

${summary[0]?.toUpperCase()}${summary.slice(1)}, through the public door of the running exchange, with test funds. Rates, times and
thresholds stand in ops/load/scenarios.ts.

  --market MARKET   (default ${MARKET_DEFAULT})
  --seconds N       all of it in so many seconds
  --share N         rates times N, 0.5 for half of them
  --slack N         bounds of time N times as wide, for a machine that does other things too
  --json            answers and thresholds as JSON

Exit code 1 when a threshold is not kept.`,
    run: async (args) => {
      const shapes = {
        market: "string",
        seconds: "string",
        share: "string",
        slack: "string",
      } as const;
      const options = parseOptions(args, shapes, []);
      const factor = (name: "share" | "slack"): number => {
        const value = Number(options.text(name) ?? 1);
        if (!(value >= 0)) throw new UsageError(`--${name} is not a number from 0 on.`);
        return value;
      };
      const [share, slack] = [factor("share"), factor("slack")];
      const seconds =
        options.text("seconds") === undefined ? undefined : options.count("seconds", 1);
      const { outcomes, judged } = await withExchange(async (exchange) => {
        const market = await readMarket(exchange, options.text("market") ?? MARKET_DEFAULT);
        const { gatewayUrl } = exchange.running;
        return await run({ gatewayUrl, market, slack }, { seconds, share });
      });
      if (options.flag("json")) console.log(JSON.stringify({ outcomes, judged }));
      else {
        for (const [outcome, count] of Object.entries(outcomes))
          console.log(`     ${count}  ${outcome}`);
        for (const one of judged) console.log(formatJudged(one));
      }
      return judged.every(({ isKept }) => isKept) ? 0 : 1;
    },
  };
}

function ofOrders(scenario: OrderScenario): Verb {
  return createVerb(
    scenario.summary,
    async (target, by) =>
      await runOrders(target, { ...scenario, stages: scale(scenario.stages, by) }),
  );
}

const fanout = createVerb(
  fanoutScenario.summary,
  async (target, by) =>
    await runFanout(target, { ...fanoutScenario, stages: scale(fanoutScenario.stages, by) }),
);

await runVerbs(
  {
    name: "bun run load",
    verbs: {
      steady: ofOrders(orderScenarios.steady),
      spike: ofOrders(orderScenarios.spike),
      soak: ofOrders(orderScenarios.soak),
      fanout,
    },
    footer,
  },
  process.argv.slice(2),
);
