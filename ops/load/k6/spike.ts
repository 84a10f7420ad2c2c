/** `k6 run ops/load/k6/spike.ts` */

import { orderScenarios } from "../scenarios.ts";
import { orderOptions } from "./order-options.ts";
import type { Setup } from "./trading.ts";
import { openAccounts } from "./trading.ts";

export { trade } from "./trading.ts";

export const options = orderOptions(orderScenarios.spike);

export function setup(): Setup {
  return openAccounts(orderScenarios.spike.accounts);
}
