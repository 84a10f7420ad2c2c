/** `exchange tail`: what a market's engine decides, as it happens. */

import type { Market, MarketEvent } from "@exchange/streams/contract";
import { formatPosition, formatPrice, formatQty } from "@exchange/streams/contract";

import { listMarkets, readMarket, withExchange } from "../exchange/connect.ts";
import { followEvents } from "../exchange/follow-events.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions, UsageError } from "./options.ts";

export const tail: OperatorVerb = {
  effects: "reads",
  summary: "show what the engines decide, as it happens",
  help: `Usage: bun run exchange tail [MARKET] [--json]

Prints every event of the market, or of all markets, from now on. Ctrl-C ends it.

  --json   the events as they stand in the log, one JSON object a line`,
  run: async (args) => {
    const names = args.filter((arg) => !arg.startsWith("-"));
    if (names.length > 1) throw new UsageError("tail follows one market, or all.");
    const options = parseOptions(args, {}, names.length === 0 ? [] : ["MARKET"]);
    const [id] = options.positionals;
    await withExchange(async (exchange) => {
      const markets =
        id === undefined ? await listMarkets(exchange) : [await readMarket(exchange, id)];
      const followed = await followEvents(exchange.connection, markets, (market, event) => {
        console.log(options.flag("json") ? JSON.stringify(event) : formatEvent(market, event));
      });
      const interrupted = Promise.withResolvers<void>();
      process.once("SIGINT", () => interrupted.resolve());
      await Promise.race([interrupted.promise, followed.failed]);
      await followed.stop();
    });
    return 0;
  },
};

export function formatEvent(market: Market, event: MarketEvent): string {
  const time = new Date(event.timeMs).toISOString().slice(11, 23);
  const place = `${time}  ${market.market}:${formatPosition(event)}`;
  return `${place}  ${describe(market, event)}`;
}

function describe(market: Market, event: MarketEvent): string {
  const at = (qtyLots: number, ticks: number): string =>
    `${formatQty(market, qtyLots)} @ ${formatPrice(market, ticks)}`;
  switch (event.kind) {
    case "OrderAccepted": {
      const { side, type, timeInForce, qtyLots, priceTicks } = event.terms;
      const what = `${side} ${type} ${timeInForce} ${at(qtyLots, priceTicks)}`;
      return `accepted ${event.orderId} (${event.clientOrderId}): ${what}`;
    }
    case "OrderRejected":
      return `rejected ${event.orderId} (${event.clientOrderId}): ${event.code}`;
    case "Trade": {
      const { maker, taker, takerSide, qtyLots, priceTicks } = event;
      const who = `${taker.orderId} ${takerSide === "buy" ? "buys from" : "sells to"}`;
      return `trade    ${at(qtyLots, priceTicks)}: ${who} ${maker.orderId}`;
    }
    case "OrderRested":
      return `rested   ${event.orderId}: ${event.side} ${at(event.openLots, event.priceTicks)}`;
    case "OrderUpdated":
      return `updated  ${event.orderId}: ${event.side} ${at(event.openLots, event.priceTicks)}, ${event.reason}`;
    case "OrderTriggered":
      return `set off  ${event.orderId}: ${event.side} at ${formatPrice(market, event.triggerTicks)}`;
    case "OrderCancelled":
      return `cancelled ${event.orderId}: ${event.reason}`;
    case "OrdersCancelled": {
      const whose = event.accountId === undefined ? "" : ` of account ${event.accountId}`;
      return `cancelled ${event.cancelled} orders${whose}, ${event.left} left`;
    }
    case "CommandRejected":
      return `refused  ${event.commandKind}: ${event.code}`;
    case "Ticked":
      return "tick";
    case "AuctionUncrossed":
      return `auction  ${at(event.qtyLots, event.priceTicks)}`;
    case "MarketStateChanged":
      return `market   ${event.state}, version ${event.definitionVersion}`;
    case "MarketRulesChanged":
      return `market   rules ${JSON.stringify(event.rules)}, version ${event.definitionVersion}`;
    case "TradesReversed":
      return `reversed ${event.trades.map(formatPosition).join(", ")}`;
  }
}
