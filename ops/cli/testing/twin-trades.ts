/** A recorded flow in a naive book, without any exchange: the trades that the exchange must come to. */

import { createNaiveBook } from "@exchange/engine/core";
import type { Command, CommandPosition, Market, Trade } from "@exchange/streams/contract";
import { commandPosition } from "@exchange/streams/contract";
import { FAR_DEADLINE_MS, placeLimitOrder } from "@exchange/streams/testing";

import type { PlaceStep, ReplayStep } from "../replay/plan.ts";
import { formatCsv, nameTrade, tradesCsvHeader } from "../trades.ts";

/** As `exchange trades --csv` prints them. */
export function twinTradesCsv(market: Market, steps: readonly ReplayStep[]): string {
  const book = createNaiveBook();
  const names = new Map<CommandPosition, string>();
  const orderIds = new Map<string, CommandPosition>();
  const lines = [tradesCsvHeader];
  for (const [index, step] of steps.entries()) {
    const position = commandPosition(index + 1, 0);
    if (step.kind === "place") {
      names.set(position, step.clientOrderId);
      orderIds.set(step.clientOrderId, position);
    }
    const command = commandOf(market, step, orderIds);
    if (command === undefined) continue;
    const traded: Trade[] = [];
    book.apply({ command, position, timeMs: 0, foreignEpoch: false }, (event) => {
      if (event.kind === "Trade") traded.push(event);
    });
    for (const trade of traded) lines.push(formatCsv(nameTrade(trade, names)));
  }
  return `${lines.join("\n")}\n`;
}

/** Undefined for the deletion of an order that the recording does not contain. */
function commandOf(
  market: Market,
  step: ReplayStep,
  orderIds: ReadonlyMap<string, CommandPosition>,
): Command | undefined {
  if (step.kind === "place") return placeOf(market, step);
  const orderId = orderIds.get(step.clientOrderId);
  if (orderId === undefined) return undefined;
  const accountId = step.trader + 1;
  return { kind: "CancelOrder", accountId, orderId, deadlineMs: FAR_DEADLINE_MS };
}

function placeOf(market: Market, step: PlaceStep): Command {
  const { side, priceTicks, qtyLots, clientOrderId, trader } = step;
  const { makerFeePpm, takerFeePpm } = market;
  return placeLimitOrder({
    side,
    price: priceTicks,
    qty: qtyLots,
    accountId: trader + 1,
    clientOrderId,
    makerFeePpm,
    takerFeePpm,
  });
}
