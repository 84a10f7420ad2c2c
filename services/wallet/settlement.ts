/**
 * What a market's events do to holds and balances. Pure: rows in, rows out. The engine states the money; this
 * converts units, posts, and stops when its rows disagree with the event.
 */

import type {
  AccountId,
  HoldId,
  HoldState,
  Market,
  MarketEvent,
  OrderAccepted,
  OrderCancelled,
  OrderRejected,
  Position,
  Side,
  Trade,
  TradeParty,
} from "@exchange/streams/contract";
import {
  assert,
  baseAmount,
  feeOf,
  holdAmount,
  holdAsset,
  quoteAmount,
  unreachable,
} from "@exchange/streams/contract";

import type { HoldChange } from "./hold-store.ts";
import type { Hold } from "./hold.ts";
import type { BalanceKey, Change, Ledger, LedgerBalance } from "./ledger.ts";
import { balanceOf, post } from "./ledger.ts";

/** What one transaction works on: all the rows its events touch, loaded before the first is applied. */
export interface SettlementState {
  readonly market: Market;
  readonly ledger: Ledger;
  readonly holds: ReadonlyMap<HoldId, Hold>;
}

export interface Touched {
  readonly holdIds: ReadonlySet<HoldId>;
  readonly balances: ReadonlyMap<string, BalanceKey>;
}

/** Every row the events may change. */
export function touchedBy(market: Market, events: Iterable<MarketEvent>): Touched {
  const holdIds = new Set<HoldId>();
  const balances = new Map<string, BalanceKey>();
  const touch = (owner: BalanceKey["owner"], asset: string): void => {
    const text = `${owner}/${asset}`;
    if (!balances.has(text)) balances.set(text, { owner, asset });
  };
  for (const event of events) {
    switch (event.kind) {
      case "OrderAccepted":
        holdIds.add(event.holdId);
        break;
      case "OrderRejected":
        holdIds.add(event.holdId);
        touch(event.accountId, holdAsset(market, event.terms.side));
        break;
      case "OrderCancelled":
        holdIds.add(event.holdId);
        touch(event.accountId, holdAsset(market, event.side));
        break;
      case "Trade":
        for (const { holdId, accountId } of [event.maker, event.taker]) {
          holdIds.add(holdId);
          touch(accountId, market.base);
          touch(accountId, market.quote);
        }
        touch(`fees.${market.market}`, market.base);
        touch(`fees.${market.market}`, market.quote);
        break;
      case "OrderUpdated":
        return assertUnknown(event);
      case "OrderRested":
      case "OrderTriggered":
      case "OrdersCancelled":
      case "CommandRejected":
      case "Ticked":
      case "AuctionUncrossed":
      case "MarketStateChanged":
      case "MarketRulesChanged":
        break;
      default:
        unreachable(event);
    }
  }
  return { holdIds, balances };
}

export function applyEvent(state: SettlementState, event: MarketEvent): void {
  switch (event.kind) {
    case "OrderAccepted":
      return applyAccepted(state, event);
    case "OrderRejected":
      return applyRejected(state, event);
    case "OrderCancelled":
      return applyCancelled(state, event);
    case "Trade":
      return applyTrade(state, event);
    case "OrderUpdated":
      return assertUnknown(event);
    case "OrderRested":
    case "OrderTriggered":
    case "OrdersCancelled":
    case "CommandRejected":
    case "Ticked":
    case "AuctionUncrossed":
    case "MarketStateChanged":
    case "MarketRulesChanged":
      return;
    default:
      return unreachable(event);
  }
}

/**
 * Releases each hold that is still pending and was due before `timeMs`. Only after the events of the
 * transaction: one of them may accept an order of this very hold.
 */
export function voidDueHolds(
  state: SettlementState,
  due: { readonly holds: Iterable<Hold>; readonly timeMs: number; readonly at: Position },
): void {
  for (const hold of due.holds) {
    if (hold.state !== "PENDING" || hold.deadlineMs >= due.timeMs) continue;
    const reference = `${hold.holdId}@${positionText(state.market, due.at.command, due.at.index)}`;
    release(state, hold, { reason: "void", reference, timeMs: due.timeMs });
    hold.state = "VOID";
  }
}

/** The rows to write, given how they were loaded. */
export function holdChanges(
  holds: Iterable<Hold>,
  stored: ReadonlyMap<HoldId, { readonly state: HoldState; readonly remaining: bigint }>,
): HoldChange[] {
  const changes: HoldChange[] = [];
  for (const hold of holds) {
    const before = stored.get(hold.holdId);
    assert(before !== undefined, `hold ${hold.holdId} was not loaded`);
    if (before.state !== hold.state || before.remaining !== hold.remaining) {
      changes.push({ hold, storedState: before.state });
    }
  }
  return changes;
}

function applyAccepted(state: SettlementState, event: OrderAccepted): void {
  const { market } = state;
  const { side, spendMax } = event.terms;
  const hold = holdOf(state, event, side);
  assert(
    hold.state === "PENDING",
    `${place(market, event)} accepts hold ${hold.holdId}, ${hold.state}`,
  );
  assert(
    hold.remaining === holdAmount(market, side, spendMax),
    `${place(market, event)} may spend ${spendMax}, hold ${hold.holdId} has ${hold.remaining}`,
  );
  hold.state = "LIVE";
}

function applyRejected(state: SettlementState, event: OrderRejected): void {
  const hold = holdOf(state, event, event.terms.side);
  // Its deadline came first: the money is free already, and a second release would make some.
  if (hold.state === "VOID") return;
  const reference = place(state.market, event);
  assert(hold.state === "PENDING", `${reference} rejects hold ${hold.holdId}, ${hold.state}`);
  release(state, hold, { reason: "reject", reference, timeMs: event.timeMs });
  hold.state = "REJECTED";
}

function applyCancelled(state: SettlementState, event: OrderCancelled): void {
  const { market } = state;
  const hold = liveHoldOf(state, event, event.side);
  assert(
    hold.remaining === holdAmount(market, event.side, event.released),
    `${place(market, event)} releases ${event.released}, hold ${hold.holdId} has ${hold.remaining}`,
  );
  const reference = place(market, event);
  release(state, hold, { reason: "cancel", reference, timeMs: event.timeMs });
  hold.state = "DONE";
}

/** Both sides pay from their holds; each receives what the other paid, less its fee to the house. */
function applyTrade(state: SettlementState, trade: Trade): void {
  const { market, ledger } = state;
  const takerBuys = trade.takerSide === "buy";
  const buyer = takerBuys ? trade.taker : trade.maker;
  const seller = takerBuys ? trade.maker : trade.taker;
  const reference = place(market, trade);
  const paid = spend(state, { trade, party: buyer, side: "buy" });
  const delivered = spend(state, { trade, party: seller, side: "sell" });
  assert(
    paid.consumed === quoteAmount(market, BigInt(trade.priceTicks) * BigInt(trade.qtyLots)) &&
      delivered.consumed === baseAmount(market, trade.qtyLots),
    `${reference} consumes another amount than price × quantity`,
  );
  const quoteFee = feeOf(paid.consumed, seller.feePpm);
  const baseFee = feeOf(delivered.consumed, buyer.feePpm);
  const house = `fees.${market.market}` as const;
  post(ledger, {
    reason: "trade",
    reference,
    timeMs: trade.timeMs,
    changes: [
      paid.change,
      credit(balanceOf(ledger, seller.accountId, market.quote), paid.consumed - quoteFee),
      credit(balanceOf(ledger, house, market.quote), quoteFee),
      delivered.change,
      credit(balanceOf(ledger, buyer.accountId, market.base), delivered.consumed - baseFee),
      credit(balanceOf(ledger, house, market.base), baseFee),
    ],
  });
}

/** An event that moves money in a way that is not settled here yet stops settlement. */
function assertUnknown({ kind, command, index }: MarketEvent): never {
  throw new Error(`invariant broken: ${kind} at ${command}-${index} cannot be settled`);
}

interface Spending {
  readonly consumed: ReturnType<typeof holdAmount>;
  readonly change: Change;
}

/** One side of a trade: what leaves its hold, and what of that is free again. */
function spend(
  state: SettlementState,
  { trade, party, side }: { trade: Trade; party: TradeParty; side: Side },
): Spending {
  const { market } = state;
  const hold = liveHoldOf(state, { ...trade, ...party }, side);
  const consumed = holdAmount(market, side, party.consumed);
  const released = holdAmount(market, side, party.released);
  hold.remaining -= consumed + released;
  assert(
    hold.remaining === holdAmount(market, side, party.remaining),
    `${place(market, trade)} leaves ${party.remaining}, hold ${hold.holdId} has ${hold.remaining}`,
  );
  if (party.done) {
    assert(
      hold.remaining === 0n,
      `${place(market, trade)} is done, hold ${hold.holdId} is not empty`,
    );
    hold.state = "DONE";
  }
  const balance = balanceOf(state.ledger, party.accountId, hold.asset);
  return { consumed, change: { balance, available: released, held: -(consumed + released) } };
}

function credit(balance: LedgerBalance, units: bigint): Change {
  return { balance, available: units, held: 0n };
}

/** Gives back all that the hold still has. */
function release(
  { ledger }: SettlementState,
  hold: Hold,
  entry: { reason: "void" | "reject" | "cancel"; reference: string; timeMs: number },
): void {
  const balance = balanceOf(ledger, hold.accountId, hold.asset);
  const { remaining } = hold;
  post(ledger, { ...entry, changes: [{ balance, available: remaining, held: -remaining }] });
  hold.remaining = 0n;
}

interface HoldUse {
  readonly command: number;
  readonly index: number;
  readonly holdId: HoldId;
  readonly accountId: AccountId;
}

function liveHoldOf(state: SettlementState, use: HoldUse, side: Side): Hold {
  const hold = holdOf(state, use, side);
  assert(
    hold.state === "LIVE",
    `${place(state.market, use)} uses hold ${hold.holdId}, ${hold.state}`,
  );
  return hold;
}

function holdOf({ market, holds }: SettlementState, use: HoldUse, side: Side): Hold {
  const hold = holds.get(use.holdId);
  assert(hold !== undefined, `${place(market, use)} uses hold ${use.holdId}, which does not exist`);
  assert(
    hold.accountId === use.accountId &&
      hold.market === market.market &&
      hold.asset === holdAsset(market, side),
    `${place(market, use)} uses hold ${use.holdId} of another account, market or asset`,
  );
  return hold;
}

function place(
  market: Market,
  event: { readonly command: number; readonly index: number },
): string {
  return positionText(market, event.command, event.index);
}

function positionText(market: Market, command: number, index: number): string {
  return `${market.market}:${command}-${index}`;
}
