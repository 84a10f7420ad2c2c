/**
 * Plays an order flow in the oracle's format and reports in the oracle's words, so that unrelated
 * engines can be compared byte for byte. The format is described in `ops/data/matching-oracle`.
 */

import type { Command, MarketEvent, Side, TimeInForce } from "@exchange/streams/contract";
import {
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  unreachable,
} from "@exchange/streams/contract";

import type { Book } from "./core/index.ts";

export interface OracleResult {
  readonly messages: number;
  readonly trades: number;
  readonly reports: readonly string[];
}

/** One account trades with itself and nothing expires: the flow knows neither accounts nor time. */
const ACCOUNT = 1;
const DEADLINE_MS = Number.MAX_SAFE_INTEGER;
const UNKNOWN_ORDER = 0;

/** Throws on a line it cannot read. */
export function playOracleFlow(flow: string, book: Book): OracleResult {
  const player = new OraclePlayer(book);
  const lines = flow.trimEnd().split("\n");
  lines.forEach((line, sequence) => player.play(line, sequence));
  return { messages: lines.length, trades: player.trades, reports: player.reports };
}

interface Placement {
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  readonly timeInForce: TimeInForce;
  /** A modification is a placement in the place of another. */
  readonly replaces?: number;
}

/** Kinds of report, by the number they start with. */
const report = {
  accepted: 0,
  trade: 1,
  cancelled: 2,
  modified: 3,
  cancelRefused: 4,
  modifyRefused: 5,
};

class OraclePlayer {
  readonly reports: string[] = [];
  trades = 0;
  readonly #book: Book;
  /** A modified order is a new one of ours under the old name. */
  readonly #orderIds = new Map<string, number>();
  readonly #names = new Map<number, string>();
  readonly #sides = new Map<number, Side>();
  #position = 0;

  constructor(book: Book) {
    this.#book = book;
  }

  play(line: string, sequence: number): void {
    const [kind = "", name = "", ...fields] = line.split(",");
    switch (kind) {
      case "N": {
        const [direction, price, qty, timeInForce] = fields;
        const placement: Placement = {
          side: direction === "B" ? "buy" : "sell",
          price: Number(price),
          qty: Number(qty),
          timeInForce: timeInForce === "IOC" ? "IOC" : "GTC",
        };
        return this.#report(this.#place(name, placement), sequence, report.accepted);
      }
      case "C": {
        const events = this.#cancel(name);
        if (events[0]?.kind === "OrderCancelled") return this.#report(events, sequence, 0);
        this.reports.push(`${report.cancelRefused},${sequence},${name}`);
        return;
      }
      case "M": {
        const [price, qty] = fields.map(Number);
        const orderId = this.#orderIds.get(name) ?? UNKNOWN_ORDER;
        const placement: Placement = {
          side: this.#sides.get(orderId) ?? "buy",
          price: price ?? 0,
          qty: qty ?? 0,
          timeInForce: "GTC",
          replaces: orderId,
        };
        const events = this.#place(name, placement);
        if (events[0]?.kind !== "OrderRejected") {
          return this.#report(events, sequence, report.modified);
        }
        this.reports.push(`${report.modifyRefused},${sequence},${name}`);
        return;
      }
      default:
        throw new Error(`line ${sequence + 1} is not a message: ${line}`);
    }
  }

  #place(name: string, placement: Placement): MarketEvent[] {
    const { side, price, qty, timeInForce, replaces } = placement;
    const position = this.#position + 1;
    this.#sides.set(position, side);
    this.#orderIds.set(name, position);
    this.#names.set(position, name);
    return this.#apply({
      kind: "PlaceOrder",
      accountId: ACCOUNT,
      clientOrderId: name,
      holdId: position,
      deadlineMs: DEADLINE_MS,
      definitionVersion: this.#book.rules.definitionVersion,
      makerFeePpm: 0,
      takerFeePpm: 0,
      ...(replaces !== undefined && { replaces }),
      terms: {
        side,
        type: "limit",
        timeInForce,
        postOnly: false,
        sizing: "quantity",
        priceTicks: assertPriceTicks(price),
        qtyLots: assertQtyLots(qty),
        spendMax: assertSpendUnits(side === "buy" ? price * qty : qty),
      },
    });
  }

  #cancel(name: string): MarketEvent[] {
    const orderId = this.#orderIds.get(name) ?? UNKNOWN_ORDER;
    return this.#apply({
      kind: "CancelOrder",
      accountId: ACCOUNT,
      orderId,
      deadlineMs: DEADLINE_MS,
    });
  }

  #apply(command: Command): MarketEvent[] {
    const events: MarketEvent[] = [];
    this.#position += 1;
    const input = { command, position: this.#position, timeMs: 0, foreignEpoch: false };
    this.#book.apply(input, (event) => events.push(event));
    return events;
  }

  /** Reports of one message are ordered by kind, so trades come before the modify that made them. */
  #report(events: readonly MarketEvent[], sequence: number, acceptedAs: number): void {
    const reports = events.flatMap((event) => this.#reportOf(event, sequence, acceptedAs) ?? []);
    reports.sort((left, right) => left.kind - right.kind);
    for (const { kind, rest } of reports) this.reports.push(`${kind},${sequence},${rest}`);
  }

  #reportOf(
    event: MarketEvent,
    sequence: number,
    acceptedAs: number,
  ): { kind: number; rest: string } | undefined {
    switch (event.kind) {
      case "OrderAccepted": {
        const { side, priceTicks, qtyLots } = event.terms;
        const rest = [sideNumber(side), this.#nameOf(event.orderId), priceTicks, qtyLots].join(",");
        return { kind: acceptedAs, rest };
      }
      case "Trade": {
        this.trades += 1;
        const names = [this.#nameOf(event.maker.orderId), this.#nameOf(event.taker.orderId)];
        return { kind: report.trade, rest: [event.priceTicks, event.qtyLots, ...names].join(",") };
      }
      case "OrderCancelled": {
        if (event.reason === "replaced") return undefined;
        const name = this.#nameOf(event.orderId);
        return {
          kind: report.cancelled,
          rest: [sideNumber(event.side), name, event.priceTicks].join(","),
        };
      }
      case "OrderRested":
        return undefined;
      case "OrderRejected":
      case "OrderUpdated":
      case "OrderTriggered":
      case "OrdersCancelled":
      case "CommandRejected":
      case "Ticked":
      case "AuctionUncrossed":
      case "MarketStateChanged":
      case "MarketRulesChanged":
      case "TradesReversed":
        throw new Error(`message ${sequence} cannot end in ${event.kind}`);
      default:
        return unreachable(event);
    }
  }

  #nameOf(orderId: number): string {
    return this.#names.get(orderId) ?? "";
  }
}

function sideNumber(side: Side): number {
  return side === "buy" ? 0 : 1;
}
