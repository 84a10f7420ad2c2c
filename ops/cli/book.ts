/** `exchange book`: a market's book, now or after any record of its command log. */

import type { Book } from "@exchange/engine/core";
import type { Replica } from "@exchange/engine/replay";
import { formatHash, stream } from "@exchange/streams";
import type { Market, Side } from "@exchange/streams/contract";
import { formatPosition, formatPrice, formatQty } from "@exchange/streams/contract";

import { replayTo } from "../as-of/replay-to.ts";
import { readMarket, withExchange } from "../exchange/connect.ts";
import { lastSequence } from "../exchange/read-log.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions } from "./options.ts";

const LEVELS_DEFAULT = 20;

export const book: OperatorVerb = {
  effects: "reads",
  summary: "show a market's book, now or as of a record of its log",
  help: `Usage: bun run exchange book MARKET [--as-of N] [--levels N] [--copies DIR] [--json]

Plays the commands up to record N of the market's command log, from the nearest snapshot or beginning of an epoch before it, through
the engine's own core, and prints the book that they led to. An order's ID divided by 1024 is its record. Without
--as-of up to the last record there is.

  --levels N     price levels of each side (default ${LEVELS_DEFAULT})
  --copies DIR   where "exchange market export" put epochs that were deleted since, when N lies in one
  --json         one JSON object, with the last event's position, the engine's time and the running hash there

Exit code 1 when there is no such record, or its epoch was deleted and no copy is given.`,
  run: async (args) => {
    const shapes = { "as-of": "string", levels: "string", copies: "string" } as const;
    const options = parseOptions(args, shapes, ["MARKET"]);
    const [id = ""] = options.positionals;
    const levelsMax = options.count("levels", LEVELS_DEFAULT);
    const asOf = options.text("as-of") === undefined ? undefined : options.count("as-of", 1);
    await withExchange(async (exchange) => {
      const market = await readMarket(exchange, id);
      const { connection } = exchange;
      const last = asOf ?? (await lastSequence(connection, stream.commands(id, market.epoch)));
      const source = { connection, copies: options.text("copies") };
      const replica = await replayTo(source, market, { sequence: last });
      const shown = options.flag("json") ? formatJson : formatText;
      console.log(shown({ market, replica, levelsMax }));
    });
    return 0;
  },
};

interface Shown {
  readonly market: Market;
  readonly replica: Replica;
  readonly levelsMax: number;
}

function formatJson({ market, replica, levelsMax }: Shown): string {
  const { book: played, sequence, epoch, position, timeMs, hash } = replica;
  return JSON.stringify({
    market: market.market,
    sequence,
    epoch,
    position: formatPosition(position),
    time: new Date(timeMs).toISOString(),
    hash: formatHash(hash),
    state: played.rules.state,
    orders: played.size,
    bids: levelsOf(market, played, { side: "buy", levelsMax }),
    asks: levelsOf(market, played, { side: "sell", levelsMax }),
  });
}

function formatText({ market, replica, levelsMax }: Shown): string {
  const { book: played, sequence, epoch, timeMs } = replica;
  const lines = (side: Side): string[] =>
    levelsOf(market, played, { side, levelsMax }).map(
      ({ price, quantity }) => `  ${side === "buy" ? "bid" : "ask"}  ${price}  ${quantity}`,
    );
  const when = new Date(timeMs).toISOString();
  return [
    `${market.market} after record ${sequence} of epoch ${epoch}, ${when}: ${played.rules.state}, ${played.size} orders`,
    ...lines("sell").toReversed(),
    ...lines("buy"),
  ].join("\n");
}

function levelsOf(
  market: Market,
  played: Book,
  { side, levelsMax }: { readonly side: Side; readonly levelsMax: number },
): { price: string; quantity: string }[] {
  return played.depth(side, levelsMax).map(({ priceTicks, qtyLots }) => ({
    price: formatPrice(market, priceTicks),
    quantity: formatQty(market, qtyLots),
  }));
}
