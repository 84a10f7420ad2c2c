/**
 * What the events of one order do to its hold. The engine states what is held after each; where the row says
 * otherwise, settlement stops.
 */

import type {
  CommandRejected,
  OrderAccepted,
  OrderCancelled,
  OrderRejected,
  OrderUpdated,
} from "@exchange/streams/contract";
import { assert, holdAmount } from "@exchange/streams/contract";

import type { HoldUse, SettlementState } from "./hold-use.ts";
import { holdOf, liveHoldOf, place, release, releaseAll, sideHoldOf } from "./hold-use.ts";
import type { Hold } from "./hold.ts";

/** The hold is the order's from now on. A replaced order's hold hands over what this one was not given. */
export function applyAccepted(state: SettlementState, event: OrderAccepted): void {
  const { market } = state;
  const { side, spendMax } = event.terms;
  const hold = sideHoldOf(state, event, side);
  if (event.sharesHold === true) {
    // The first leg of its pair came just before and took the hold over for both.
    assert(
      hold.state === "LIVE",
      () => `${place(market, event)} shares hold ${hold.holdId}, ${hold.state}`,
    );
    return;
  }
  assert(
    hold.state === "PENDING",
    () => `${place(market, event)} accepts hold ${hold.holdId}, ${hold.state}`,
  );
  assertHolds(state, event, {
    hold,
    expected: holdAmount(market, side, event.heldUnits ?? spendMax),
  });
  if (event.transfer !== undefined) takeOver(state, hold, event);
  hold.state = "LIVE";
}

/** The only event of an order that was not let in, or of a command that brought a hold of its own for nothing. */
export function applyRejected(state: SettlementState, event: OrderRejected): void {
  const hold = sideHoldOf(state, event, event.terms.side);
  if (event.sharesHold !== true) reject(state, hold, event);
}

export function applyCommandRejected(state: SettlementState, event: CommandRejected): void {
  const { holdId, accountId } = event;
  if (holdId === undefined) return;
  assert(accountId !== undefined, () => `${place(state.market, event)} names a hold and nobody's`);
  const use = { command: event.command, index: event.index, holdId, accountId };
  reject(state, holdOf(state, use), event);
}

/** An amend's own hold moves over whole and is done; what the order does not need any more is free again. */
export function applyUpdated(state: SettlementState, event: OrderUpdated): void {
  const { market } = state;
  const { side, addedHoldId, added } = event;
  const hold = liveHoldOf(state, event, side);
  if (addedHoldId !== undefined && added !== undefined) {
    const extra = sideHoldOf(state, { ...event, holdId: addedHoldId }, side);
    const reference = place(market, event);
    assert(
      extra.state === "PENDING",
      () => `${reference} adds hold ${extra.holdId}, ${extra.state}`,
    );
    assertHolds(state, event, { hold: extra, expected: holdAmount(market, side, added) });
    hold.remaining += extra.remaining;
    extra.remaining = 0n;
    extra.state = "DONE";
  }
  release(state, hold, {
    reason: "update",
    reference: place(market, event),
    timeMs: event.timeMs,
    units: holdAmount(market, side, event.released),
  });
  assertHolds(state, event, { hold, expected: holdAmount(market, side, event.remaining) });
}

/** A leg of a pair leaves the other what that one needs; any other order gives back all it has. */
export function applyCancelled(state: SettlementState, event: OrderCancelled): void {
  const { market } = state;
  const { side, remaining } = event;
  const hold = liveHoldOf(state, event, side);
  const released = holdAmount(market, side, event.released);
  const kept = holdAmount(market, side, remaining ?? 0);
  assert(
    hold.remaining === released + kept,
    () =>
      `${place(market, event)} releases ${released} and keeps ${kept}, hold ${hold.holdId} has ${hold.remaining}`,
  );
  release(state, hold, {
    reason: "cancel",
    reference: place(market, event),
    timeMs: event.timeMs,
    units: released,
  });
  if (remaining === undefined) hold.state = "DONE";
}

function takeOver(state: SettlementState, hold: Hold, event: OrderAccepted): void {
  const { transfer, terms } = event;
  if (transfer === undefined) return;
  const { market } = state;
  const giver = liveHoldOf(state, { ...event, holdId: transfer.fromHoldId }, terms.side);
  const units = holdAmount(market, terms.side, transfer.units);
  assert(
    units <= giver.remaining,
    () =>
      `${place(market, event)} takes ${units} from hold ${giver.holdId}, which has ${giver.remaining}`,
  );
  giver.remaining -= units;
  hold.remaining += units;
  assertHolds(state, event, { hold, expected: holdAmount(market, terms.side, terms.spendMax) });
}

function reject(
  state: SettlementState,
  hold: Hold,
  event: { readonly command: number; readonly index: number; readonly timeMs: number },
): void {
  // Its deadline came first: the money is free already, and a second release would make some.
  if (hold.state === "VOID") return;
  const reference = place(state.market, event);
  assert(hold.state === "PENDING", () => `${reference} rejects hold ${hold.holdId}, ${hold.state}`);
  releaseAll(state, hold, { reason: "reject", reference, timeMs: event.timeMs });
  hold.state = "REJECTED";
}

function assertHolds(
  { market }: SettlementState,
  event: Pick<HoldUse, "command" | "index">,
  { hold, expected }: { readonly hold: Hold; readonly expected: bigint },
): void {
  assert(
    hold.remaining === expected,
    () => `${place(market, event)} states ${expected}, hold ${hold.holdId} has ${hold.remaining}`,
  );
}
