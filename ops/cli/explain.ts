/** `exchange explain`: what led to one order's end, from the logs and the ledger. */

import type { Command, Market } from "@exchange/streams/contract";
import {
  formatDecimal,
  formatMarketPosition,
  formatPrice,
  formatQty,
  parseMarketPosition,
} from "@exchange/streams/contract";

import { readMarket, withExchange } from "../exchange/connect.ts";
import type { ChainHold, ChainPosting, Link, LoggedCommand } from "../explain/chain.ts";
import type { ExplainedOrder } from "../explain/explain-order.ts";
import { explainOrder } from "../explain/explain-order.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions, UsageError } from "./options.ts";
import { formatEvent } from "./tail.ts";

export const explain: OperatorVerb = {
  effects: "reads",
  summary: "show the commands, events and postings of one order",
  help: `Usage: bun run exchange explain MARKET:ID [--copies DIR] [--json]

Prints the exact chain of one order, ID being what its answer called it: what was held, each command with the record
it stands in, each event that the engine decided about it, and after each event every line of the ledger transaction
it led to. Counterparties and their commands are shown, as they stand in the logs. What settlement has not taken in
yet is waited for, up to 5 s.

  --copies DIR   where "exchange market export" put epochs that were deleted since
  --json         one JSON object: amounts as decimals, commands and events as they stand in the logs`,
  run: async (args) => {
    const options = parseOptions(args, { copies: "string" }, ["MARKET:ID"]);
    const [text = ""] = options.positionals;
    const place = parseMarketPosition(text);
    if (place === undefined) throw new UsageError(`${text} is no order. Like this: BTC-USD:1024`);
    await withExchange(async (exchange) => {
      const market = await readMarket(exchange, place.market);
      const explained = await explainOrder(
        { ...exchange, copies: options.text("copies") },
        market,
        place.position,
      );
      const shown = options.flag("json") ? formatJson(explained) : formatText(explained);
      await Bun.write(Bun.stdout, `${shown}\n`);
    });
    return 0;
  },
};

function formatJson({ market, orderId, holds, chain, ...others }: ExplainedOrder): string {
  return JSON.stringify({
    order: formatMarketPosition({ market: market.market, position: orderId }),
    ...others,
    holds: holds.map((hold) => ({ ...hold, ...holdAmounts(market, hold) })),
    chain: chain.map((link) => linkJson(market, link)),
  });
}

function linkJson(market: Market, link: Link): object {
  switch (link.kind) {
    case "command":
      return { kind: link.kind, ...link.logged };
    case "event":
      return { kind: link.kind, event: link.event };
    case "posting":
      return { kind: link.kind, ...link.posting, ...postingAmounts(market, link.posting) };
  }
}

function holdAmounts(market: Market, { asset, amount, remaining }: ChainHold) {
  const format = formatOf(market, asset);
  return { amount: format(amount), remaining: format(remaining) };
}

function postingAmounts(market: Market, posting: ChainPosting) {
  const format = formatOf(market, posting.asset);
  return {
    availableChange: format(posting.availableChange),
    heldChange: format(posting.heldChange),
    availableAfter: format(posting.availableAfter),
    heldAfter: format(posting.heldAfter),
  };
}

function formatOf(market: Market, asset: string): (units: bigint) => string {
  const scale = asset === market.base ? market.baseScale : market.quoteScale;
  return (units) => formatDecimal(units, scale);
}

function formatText(explained: ExplainedOrder): string {
  const { market, orderId, clientOrderId, accountId, isOver, isSettled, holds } = explained;
  const order = formatMarketPosition({ market: market.market, position: orderId });
  const named = clientOrderId === undefined ? "" : ` (${clientOrderId})`;
  return [
    `${order}${named} of account ${accountId}, ${isOver ? "over" : "open or undecided"}`,
    ...holds.map((hold) => {
      const { amount, remaining } = holdAmounts(market, hold);
      return `hold ${hold.holdId}: ${amount} ${hold.asset}, ${remaining} left, ${hold.state}`;
    }),
    ...(isSettled ? [] : ["The ledger does not have all of it yet."]),
    "",
    ...explained.chain.map((link) => formatLink(market, link)),
  ].join("\n");
}

function formatLink(market: Market, link: Link): string {
  switch (link.kind) {
    case "command":
      return formatCommand(market, link.logged);
    case "event":
      return `  event    ${formatEvent(market, link.event)}`;
    case "posting":
      return formatPosting(market, link.posting);
  }
}

function formatCommand(market: Market, logged: LoggedCommand): string {
  const { position, epoch, key, storedMs, command, traceId } = logged;
  const at = formatMarketPosition({ market: market.market, position });
  const trace = traceId === undefined ? "" : `, trace ${traceId}`;
  const where = `epoch ${epoch}, key ${key}${trace}`;
  return `command    ${timeOf(storedMs)}  ${at}  ${describe(market, command)} (${where})`;
}

function describe(market: Market, command: Command): string {
  switch (command.kind) {
    case "PlaceOrder": {
      const { side, type, timeInForce, qtyLots, priceTicks } = command.terms;
      const size = `${formatQty(market, qtyLots)} @ ${formatPrice(market, priceTicks)}`;
      return `account ${command.accountId} places ${side} ${type} ${timeInForce} ${size}`;
    }
    case "PlaceOrderPair":
      return `account ${command.accountId} places ${command.legs.map((leg) => leg.clientOrderId).join(" or ")}`;
    case "AmendOrder":
      return `account ${command.accountId} amends ${command.orderId}`;
    case "CancelOrder":
      return `account ${command.accountId} cancels ${command.orderId}`;
    case "CancelAllOrders":
    case "CancelOnDisconnect":
      return `${command.kind} of account ${command.accountId}`;
    case "CancelMarketOrders":
    case "Tick":
    case "SetMarketState":
    case "SetMarketRules":
    case "ReverseTrades":
      return command.kind;
  }
}

function formatPosting(market: Market, posting: ChainPosting): string {
  const { transactionId, timeMs, owner, asset, reason, reference } = posting;
  const { availableChange, heldChange } = postingAmounts(market, posting);
  const moved = `${asset} available ${availableChange}, held ${heldChange}`;
  return `  posting  ${timeOf(timeMs)}  ${transactionId} ${reason} ${reference}  ${owner}: ${moved}`;
}

function timeOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 23);
}
