/** Trades of a market's current epoch, as a command that takes them back names them. */

import type {
  CommandPosition,
  Market,
  MarketEvent,
  Position,
  ReversedTrade,
} from "@exchange/streams/contract";
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
  /** Those of the epoch that were taken back before, and the first command that did it: the one that counts. */
  readonly reversed: ReadonlyMap<string, CommandPosition>;
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
  range: TradeRange,
): Promise<FoundTrades> {
  const gatherer = new TradeGatherer(range);
  await readEvents({ connection }, { market, from: market.epoch }, (event) => gatherer.add(event));
  return gatherer;
}

/** From all events of an epoch, in order. */
export class TradeGatherer implements FoundTrades {
  readonly trades: ReversedTrade[] = [];
  readonly reversed = new Map<string, CommandPosition>();
  readonly #range: TradeRange;

  constructor(range: TradeRange) {
    this.#range = range;
  }

  add(event: MarketEvent): void {
    if (event.kind === "TradesReversed") {
      for (const trade of event.trades) {
        const id = formatPosition(trade);
        if (!this.reversed.has(id)) this.reversed.set(id, event.command);
      }
    }
    if (event.kind !== "Trade") return;
    const { from, to } = this.#range;
    if (comparePositions(event, from) < 0 || comparePositions(event, to) > 0) return;
    this.trades.push(reversedTradeOf(event));
  }
}

/** What settlement must have come past to show what was taken back of them before; 0 for nothing. */
export function lastReversal({ trades, reversed }: FoundTrades): CommandPosition {
  return trades.reduce(
    (last, trade) => Math.max(last, reversed.get(formatPosition(trade)) ?? 0),
    0,
  );
}
