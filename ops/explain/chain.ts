/** One order's chain: what was asked, what the engine decided about it, what the ledger moved for it, in this order. */

import type {
  AccountId,
  Command,
  CommandPosition,
  HoldId,
  HoldState,
  MarketEvent,
} from "@exchange/streams/contract";
import { formatPosition } from "@exchange/streams/contract";

import type { PostingRow } from "../audit/ledger/ledger-row.ts";

export interface LoggedCommand {
  readonly position: CommandPosition;
  readonly epoch: number;
  /** The record's key, `<writer>.<n>`. */
  readonly key: string;
  readonly storedMs: number;
  readonly command: Command;
  /** Where its request was traced. */
  readonly traceId?: string;
}

export interface ChainHold {
  readonly holdId: HoldId;
  readonly asset: string;
  readonly amount: bigint;
  readonly remaining: bigint;
  readonly state: HoldState;
}

export type ChainPosting = PostingRow & { readonly timeMs: number };

export type Link =
  | { readonly kind: "command"; readonly logged: LoggedCommand }
  | { readonly kind: "event"; readonly event: MarketEvent }
  | { readonly kind: "posting"; readonly posting: ChainPosting };

export interface ChainInput {
  readonly market: string;
  /** The order's own command first, then those that caused one of the events. */
  readonly commands: readonly LoggedCommand[];
  /** All about the order, in the order of the log. */
  readonly events: readonly MarketEvent[];
  /** In the order of the ledger. */
  readonly postings: readonly ChainPosting[];
}

/** Whether the event says something of this order. */
export function concerns(event: MarketEvent, orderId: CommandPosition): boolean {
  switch (event.kind) {
    case "OrderAccepted":
      return event.orderId === orderId || event.replaces === orderId;
    case "OrderRejected":
    case "OrderRested":
    case "OrderUpdated":
    case "OrderTriggered":
    case "OrderCancelled":
    case "CommandRejected":
      return event.orderId === orderId;
    case "Trade":
      return event.maker.orderId === orderId || event.taker.orderId === orderId;
    case "TradesReversed":
      return event.trades.some(({ maker, taker }) =>
        [maker, taker].some((party) => party.orderId === orderId),
      );
    case "OrdersCancelled":
    case "Ticked":
    case "AuctionUncrossed":
    case "MarketStateChanged":
    case "MarketRulesChanged":
      return false;
  }
}

/** Whether nothing can be decided about the order after this event. */
export function endsOrder(event: MarketEvent, orderId: CommandPosition): boolean {
  if (event.kind === "Trade") {
    return [event.maker, event.taker].some((party) => party.orderId === orderId && party.done);
  }
  const isEnd = event.kind === "OrderRejected" || event.kind === "OrderCancelled";
  return isEnd && event.orderId === orderId;
}

/** The holds that are the order's own: its first one, and one for each amend that needed more. */
export function holdsOf(own: Command, events: readonly MarketEvent[]): HoldId[] {
  const first = "holdId" in own && own.holdId !== undefined ? [own.holdId] : [];
  const added = events.flatMap((event) => {
    if (event.kind === "OrderUpdated") return event.addedHoldId ?? [];
    return event.kind === "CommandRejected" ? (event.holdId ?? []) : [];
  });
  return [...new Set([...first, ...added])];
}

export function accountOf(own: Command): AccountId | undefined {
  return "accountId" in own ? own.accountId : undefined;
}

/** What the ledger names a posting by that an event moved. */
export function eventReference(market: string, event: MarketEvent): string {
  return `${market}:${formatPosition(event)}`;
}

/** Each command stands before its first event, and after what was held for it; each posting stands after its event. */
export function buildChain({ market, commands, events, postings }: ChainInput): Link[] {
  const chain: Link[] = [];
  const told = new Set<CommandPosition>();
  const left = new Set(postings);
  function tellPostings(reference: string, isReversal = false): void {
    for (const posting of left) {
      if (posting.reference !== reference) continue;
      if ((posting.reason === "reversal") !== isReversal) continue;
      left.delete(posting);
      chain.push({ kind: "posting", posting });
    }
  }
  function tellCommand(logged: LoggedCommand | undefined): void {
    if (logged === undefined || told.has(logged.position)) return;
    told.add(logged.position);
    const { command } = logged;
    if ("holdId" in command && command.holdId !== undefined) tellPostings(String(command.holdId));
    chain.push({ kind: "command", logged });
  }
  tellCommand(commands[0]);
  for (const event of events) {
    tellCommand(commands.find(({ position }) => position === event.command));
    chain.push({ kind: "event", event });
    tellPostings(eventReference(market, event));
    if (event.kind !== "TradesReversed") continue;
    for (const trade of event.trades) tellPostings(`${market}:${formatPosition(trade)}`, true);
  }
  // Released at the deadline, which no event about the order says.
  for (const posting of left) chain.push({ kind: "posting", posting });
  return chain;
}
