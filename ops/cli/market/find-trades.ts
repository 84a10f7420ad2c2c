/** Trades of a market's current epoch, as a command that takes them back names them. */

import type { Market, Position, ReversedTrade } from "@exchange/streams/contract";
import { comparePositions, formatPosition, reversedTradeOf } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import { readEvents } from "../../exchange/read-epochs.ts";
import { UsageError } from "../options.ts";

/** Both ends belong to it. */
export interface TradeRange {
  readonly from: Position;
  readonly to: Position;
}

export interface FoundTrades {
  /** Oldest first. */
  readonly trades: readonly ReversedTrade[];
  /** Those of them that were taken back before. */
  readonly reversed: ReadonlySet<string>;
}

/** A trade's id, or a command with all its trades. */
export function parseRange(from: string, to: string): TradeRange {
  return { from: parsePlace(from, 0), to: parsePlace(to, Number.MAX_SAFE_INTEGER) };
}

function parsePlace(text: string, otherwise: number): Position {
  const groups = /^(?<command>\d{1,15})(?:-(?<index>\d{1,9}))?$/.exec(text)?.groups;
  if (groups === undefined) throw new UsageError(`${text} is no trade's id, like 5120-1.`);
  const { command, index } = groups;
  return { command: Number(command), index: index === undefined ? otherwise : Number(index) };
}

export async function findTrades(
  connection: NatsConnection,
  market: Market,
  { from, to }: TradeRange,
): Promise<FoundTrades> {
  const trades: ReversedTrade[] = [];
  const reversed = new Set<string>();
  await readEvents({ connection }, { market, from: market.epoch }, (event) => {
    if (event.kind === "TradesReversed") {
      for (const trade of event.trades) reversed.add(formatPosition(trade));
    }
    if (event.kind !== "Trade") return;
    if (comparePositions(event, from) < 0 || comparePositions(event, to) > 0) return;
    trades.push(reversedTradeOf(event));
  });
  return { trades, reversed };
}
