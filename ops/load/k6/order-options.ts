/** A scenario of orders as k6 takes it. */

import type { Options } from "k6/options";

import type { OrderScenario } from "../scenarios.ts";
import { scale } from "../scenarios.ts";
import { arrivals, loadScale, slack } from "./trading.ts";

export function orderOptions({ stages, thresholds }: OrderScenario): Options {
  const { latencyMsP95, latencyMsP99, failedShareMax } = thresholds;
  const run = scale(stages, loadScale);
  const sent = run.reduce((sum, { ratePerSecond, seconds }) => sum + ratePerSecond * seconds, 0);
  const of = "{scenario:orders}";
  return {
    setupTimeout: "120s",
    scenarios: { orders: arrivals(run) },
    thresholds: {
      [`http_req_duration${of}`]: [
        `p(95)<=${latencyMsP95 * slack}`,
        `p(99)<=${latencyMsP99 * slack}`,
      ],
      [`http_req_failed${of}`]: [`rate<=${failedShareMax}`],
      // What was due while everybody waited for an answer.
      [`dropped_iterations${of}`]: [`count<=${Math.ceil(sent * failedShareMax * slack)}`],
      [`iterations${of}`]: ["count>0"],
    },
  };
}
