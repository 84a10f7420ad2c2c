import { expect, test } from "bun:test";

import { trialBalanceOf } from "@exchange/engine/checkpoint";
import type { BookSnapshot } from "@exchange/engine/core";
import type { MarketEvent, Position } from "@exchange/streams/contract";
import type { MemoryMarket } from "@exchange/wallet/testing";

import { compareTrialBalance } from "../../cli/market/trial-balance.ts";
import { isBefore } from "../audit-ledger.ts";
import { playedMarket, playMoney, violationsOf, wholeLog } from "../testing/play-money.ts";
import type { Played } from "../testing/play-money.ts";
import { ExpectedEntries } from "./entry.ts";
import { checkHeldBalances, checkHoldRows, expectHoldEntries } from "./hold-checks.ts";
import { HoldHistory } from "./hold-history.ts";
import { LedgerChecks } from "./ledger-checks.ts";

const COMMANDS = 400;
const SMALL_SEEDS = [1, 2, 3, 4, 5, 6];
/** A test each, so that none of them is long where the machine is busy. */
const SEEDS = Array.from({ length: 40 }, (_, place) => 100 + place);

test.each(SMALL_SEEDS)(
  "no money is made, lost or owed after any command of any kind, seed %d",
  (seed) => {
    playMoney({ seed, commands: COMMANDS / 2 }, (money, frame) => {
      const violations = violationsOf(money);
      if (violations.length > 0) throw new Error(`${violations[0]} after ${lineOf(frame.events)}`);
    });
  },
);

test.each(SMALL_SEEDS)(
  "what open orders can spend is what their holds have, after any command of any kind, seed %d",
  (seed) => {
    playMoney({ seed, commands: COMMANDS }, (money, frame, book) => {
      const balance = trialBalanceOf(book.snapshot());
      const told = [...compareTrialBalance(playedMarket, balance, liveHolds(money))];
      if (told.length > 0) throw new Error(`${told[0]} after ${lineOf(frame.events)}`);
    });
  },
);

/** As the wallet's table would be summed. */
function liveHolds({ holds }: MemoryMarket): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { state, asset, remaining } of holds.values()) {
    if (state === "LIVE") sums.set(asset, (sums.get(asset) ?? 0n) + remaining);
  }
  return sums;
}

test.each(SEEDS)(
  "what settlement left of holds and ledger is what the audit expects of the events, seed %d",
  (seed) => {
    expect(auditOf(playMoney({ seed, commands: COMMANDS }, () => undefined))).toEqual([]);
  },
);

test.each(SEEDS)(
  "nor does it expect anything else when it begins in the middle, with the book as it was then, seed %d",
  (seed) => {
    const { played, begun } = playFromMiddle(seed);
    expect(auditOf(played, begun)).toEqual([]);
  },
);

test("open orders that are not in the book with which it begins are missed", () => {
  const missed = SEEDS.filter((seed) => {
    const { played, begun } = playFromMiddle(seed);
    const book = { ...begun.book, orders: [], waiting: [] };
    return auditOf(played, { ...begun, book }).length > 0;
  });
  // In some logs all of them were closed since.
  expect(missed.length).toBeGreaterThan(SEEDS.length / 2);
});

/** Where a log that is read in part begins: after so many frames. */
interface Begun {
  readonly frames: number;
  readonly to: Position;
  readonly book: BookSnapshot;
}

function playFromMiddle(seed: number): { readonly played: Played; readonly begun: Begun } {
  const begins: Begun[] = [];
  let frames = 0;
  const played = playMoney({ seed, commands: COMMANDS }, (_, { to }, book) => {
    frames += 1;
    if (frames === COMMANDS / 2) begins.push({ frames, to, book: book.snapshot() });
  });
  const [begun] = begins;
  if (begun === undefined) throw new Error("the log has no middle");
  return { played, begun };
}

test("every kind of event that moves money is among them", () => {
  const kinds = new Set<string>();
  for (const seed of SMALL_SEEDS) {
    for (const event of playMoney({ seed, commands: COMMANDS }, () => undefined).events) {
      for (const kind of kindsOf(event)) kinds.add(kind);
    }
  }
  expect([...kinds].toSorted()).toEqual([
    "amend refused",
    "amend that adds",
    "amend that adds nothing",
    "hold shared by a pair",
    "leg cancelled, the other goes on",
    "replacement that takes over",
    "self-trade decrement",
    "slide",
  ]);
});

function kindsOf(event: MarketEvent): string[] {
  if (event.kind === "OrderAccepted") {
    if (event.transfer !== undefined) return ["replacement that takes over"];
    return event.sharesHold === true ? ["hold shared by a pair"] : [];
  }
  if (event.kind === "OrderUpdated") {
    if (event.reason === "self-trade") return ["self-trade decrement"];
    if (event.reason === "post-only-slide") return ["slide"];
    return [event.added === undefined ? "amend that adds nothing" : "amend that adds"];
  }
  if (event.kind === "OrderCancelled" && event.remaining !== undefined) {
    return ["leg cancelled, the other goes on"];
  }
  return event.kind === "CommandRejected" && event.holdId !== undefined ? ["amend refused"] : [];
}

/** As `exchange audit` looks at the tables. */
function auditOf({ money, frames }: Played, begun?: Begun): readonly string[] {
  const entries = new ExpectedEntries();
  const history = new HoldHistory(playedMarket, wholeLog, entries);
  if (begun !== undefined) history.begin(begun.to, begun.book);
  for (const frame of frames.slice(begun?.frames ?? 0)) {
    history.frame(frame);
    for (const event of frame.events) history.apply(event);
  }
  const rows = [...money.holds.values()];
  const balances = [...money.ledger.balances.values()].map((balance) => ({
    ...balance,
    owner: String(balance.owner),
  }));
  expectHoldEntries(rows, history, entries);
  for (const { owner, asset, reason, reference, availableChange } of money.ledger.postings) {
    if (reason !== "deposit" || owner === "custody") continue;
    const paid = { asset, held: 0n };
    entries.add("deposit", `${reference}/${asset}`, [
      { ...paid, owner, available: availableChange },
      { ...paid, owner: "custody", available: -availableChange },
    ]);
  }
  const ledger = new LedgerChecks(entries, {
    holds: new Map(rows.map((hold) => [hold.holdId, hold])),
    timeAtMs: (place) => history.timesMs.get(place.slice(`${playedMarket.market}:`.length)),
    isBefore: (place) => isBefore(new Map([[playedMarket.market, history]]), place),
  });
  for (const posting of money.ledger.postings) {
    const { owner, asset, reason, reference } = posting;
    const name = reason === "deposit" ? `${reference}/${asset}` : reference;
    ledger.posting({ ...posting, owner: String(owner), reference: name });
  }
  return [
    history.uses,
    checkHoldRows(rows, history),
    checkHeldBalances(
      rows,
      balances.filter(({ owner }) => /^\d+$/.test(owner)),
    ),
    ...ledger.finish(balances),
  ].flatMap((check) => check.told.map(({ where, what }) => `${where}: ${what}`));
}

function lineOf(events: readonly MarketEvent[]): string {
  return JSON.stringify(events);
}
