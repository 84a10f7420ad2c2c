/** `exchange trades`: a market's trades in trade order, from its event log. */

import type { CommandPosition, Trade } from "@exchange/streams/contract";
import { formatPosition, formatPrice, formatQty } from "@exchange/streams/contract";

import { readMarket, withExchange } from "../exchange/connect.ts";
import { readEvents } from "../exchange/read-epochs.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions } from "./options.ts";

export const tradesCsvHeader = "price_ticks,qty_lots,maker_client_order_id,taker_client_order_id";

export const trades: OperatorVerb = {
  effects: "reads",
  summary: "print a market's trades",
  help: `Usage: bun run exchange trades MARKET [--copies DIR] [--csv] [--json]

Prints every trade of the market in trade order, read from the event log.

  --copies DIR   where "exchange market export" put epochs that were deleted since
  --csv          ${tradesCsvHeader}; those that were taken back are not marked there
  --json         one JSON object a line`,
  run: async (args) => {
    const options = parseOptions(args, { csv: "boolean", copies: "string" }, ["MARKET"]);
    const [id = ""] = options.positionals;
    const found: { readonly event: Trade; readonly named: NamedTrade }[] = [];
    const reversed = new Set<string>();
    await withExchange(async (exchange) => {
      const market = await readMarket(exchange, id);
      const clientIds = new Map<CommandPosition, string>();
      const source = { connection: exchange.connection, copies: options.text("copies") };
      await readEvents(source, { market }, (event) => {
        if (event.kind === "OrderAccepted") clientIds.set(event.orderId, event.clientOrderId);
        if (event.kind === "TradesReversed") {
          for (const trade of event.trades) reversed.add(formatPosition(trade));
        }
        if (event.kind === "Trade") found.push({ event, named: nameTrade(event, clientIds) });
      });
      const lines = options.flag("csv") ? [tradesCsvHeader] : [];
      for (const { event, named } of found) {
        const { tradeId, maker, taker } = named;
        const isReversed = reversed.has(tradeId);
        if (options.flag("csv")) lines.push(formatCsv(named));
        else if (options.flag("json")) {
          lines.push(JSON.stringify({ ...named, ...(isReversed && { reversed: true }) }));
        } else {
          const size = `${formatQty(market, event.qtyLots)} @ ${formatPrice(market, event.priceTicks)}`;
          const mark = isReversed ? "  taken back" : "";
          lines.push(`${tradeId}  ${size}  maker ${maker}  taker ${taker}${mark}`);
        }
      }
      if (lines.length > 0) await Bun.write(Bun.stdout, `${lines.join("\n")}\n`);
    });
    return 0;
  },
};

export interface NamedTrade {
  readonly tradeId: string;
  readonly priceTicks: number;
  readonly qtyLots: number;
  /** `clientOrderId`s. */
  readonly maker: string;
  readonly taker: string;
}

export function nameTrade(
  trade: Trade,
  clientIds: ReadonlyMap<CommandPosition, string>,
): NamedTrade {
  const nameOf = (orderId: CommandPosition): string => {
    const name = clientIds.get(orderId);
    if (name === undefined) throw new Error(`order ${orderId} trades and was never accepted`);
    return name;
  };
  return {
    tradeId: formatPosition(trade),
    priceTicks: trade.priceTicks,
    qtyLots: trade.qtyLots,
    maker: nameOf(trade.maker.orderId),
    taker: nameOf(trade.taker.orderId),
  };
}

export function formatCsv({ priceTicks, qtyLots, maker, taker }: NamedTrade): string {
  return `${priceTicks},${qtyLots},${maker},${taker}`;
}
