/** A market's logs, read whole, and what the tables must hold after them. */

import { decodeFrame, decodeRecord, stream } from "@exchange/streams";
import type { Command, Market } from "@exchange/streams/contract";
import type { LogMessage } from "@exchange/streams/runtime";
import { followStream } from "@exchange/streams/runtime";
import type { ScratchMarket } from "@exchange/streams/testing";
import { sql } from "kysely";

import { stepOver } from "../projection/batch.ts";
import type { Db } from "../tables.ts";

export async function readCommands(scratch: ScratchMarket, market: Market): Promise<Command[]> {
  const messages = await readStream(scratch, stream.commands(market.market, market.epoch));
  return messages.flatMap(({ data }) => decodeRecord(data).commands);
}

async function readStream({ connection, jsm }: ScratchMarket, name: string): Promise<LogMessage[]> {
  const { state } = await jsm.streams.info(name);
  if (state.last_seq === 0) return [];
  const messages: LogMessage[] = [];
  const done = Promise.withResolvers<void>();
  const follower = followStream({
    connection,
    stream: name,
    after: 0,
    batchMax: 1000,
    handle(batch) {
      messages.push(...batch);
      if (messages.length >= state.last_seq) done.resolve();
    },
  });
  await Promise.race([done.promise, follower.closed]);
  await follower.stop();
  return messages;
}

/** One line an order and one a fill, sorted. */
export interface Projected {
  readonly orders: readonly string[];
  readonly fills: readonly string[];
}

/** What one pass over the whole event log makes, in memory. */
export async function projectionOfLog(scratch: ScratchMarket, market: Market): Promise<Projected> {
  const messages = await readStream(scratch, stream.events(market.market, market.epoch));
  const frames = messages.map(({ sequence, data }) => ({ sequence, frame: decodeFrame(data) }));
  const { changes } = stepOver(market, undefined, frames);
  return {
    orders: [...changes.orders]
      .map(([orderId, change]) =>
        [orderId, change.state, change.filledLots, change.filledTickLots, change.fee].join(" "),
      )
      .toSorted(),
    fills: changes.fills
      .map(({ party, tradeCommand, tradeIndex, role, qtyLots, fee }) =>
        [party.orderId, tradeCommand, tradeIndex, role, qtyLots, fee].join(" "),
      )
      .toSorted(),
  };
}

/** What the tables hold. */
export async function projectionOfTables(db: Db, { market }: Market): Promise<Projected> {
  const orders = await sql<{ line: string }>`
    select concat_ws(' ', order_id, state, filled_lots, filled_tick_lots, fee) as line
    from orders where market = ${market}`.execute(db);
  const fills = await sql<{ line: string }>`
    select concat_ws(' ', order_id, trade_command, trade_index, role, qty_lots, fee) as line
    from fills where market = ${market}`.execute(db);
  return {
    orders: orders.rows.map((row) => row.line).toSorted(),
    fills: fills.rows.map((row) => row.line).toSorted(),
  };
}
