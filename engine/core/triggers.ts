/** Which way a trigger works, and where a trailing stop's belongs. */

import type { OrderType, PriceTicks, Side } from "@exchange/streams/contract";
import { priceTicks } from "@exchange/streams/contract";

/** Whether a trade at its trigger or higher sets it off; otherwise one at its trigger or lower does. */
export function isUpTrigger(type: OrderType, side: Side): boolean {
  const isTouched = type === "market-if-touched" || type === "limit-if-touched";
  return (side === "buy") !== isTouched;
}

/** The trigger of a trailing stop at a last price. Undefined where that is no price. */
export function trailingTrigger(
  side: Side,
  lastTicks: PriceTicks,
  offsetTicks: PriceTicks,
): PriceTicks | undefined {
  return priceTicks(side === "buy" ? lastTicks + offsetTicks : lastTicks - offsetTicks);
}
