import { expect, test } from "bun:test";

import type { Check } from "../check.ts";
import { createSmallMarket, DEADLINE_MS, market } from "../testing/small-market.ts";
import type { EntryChange } from "./entry.ts";
import { ExpectedEntries } from "./entry.ts";
import {
  checkHeldBalances,
  checkHoldRows,
  checkLiveSums,
  checkPendingHolds,
  expectHoldEntries,
} from "./hold-checks.ts";
import { HoldHistory } from "./hold-history.ts";
import { CUSTODY, LedgerChecks } from "./ledger-checks.ts";
import type {
  AccountTransferRow,
  BalanceRow,
  HoldRow,
  LiveSum,
  PostingRow,
  TransferRow,
} from "./ledger-row.ts";
import type { Transfers } from "./total-checks.ts";
import { checkAssetSums, checkCustody, expectTransferEntries } from "./total-checks.ts";

const EVERYTHING = { command: Number.MAX_SAFE_INTEGER, index: 0 };

/** Books what is expected, as the wallet would. */
class BookedEntries extends ExpectedEntries {
  readonly postings: PostingRow[] = [];
  readonly balances = new Map<string, BalanceRow>();
  #transactionId = 0;
  /** Where holds are voided. */
  voidPlace = "";

  override add(reason: string, reference: string, changes: readonly EntryChange[]): void {
    super.add(reason, reference, changes);
    this.#transactionId += 1;
    for (const { owner, asset, available, held } of changes) {
      const key = `${owner}/${asset}`;
      const before = this.balances.get(key);
      const after: BalanceRow = {
        owner: String(owner),
        asset,
        available: (before?.available ?? 0n) + available,
        held: (before?.held ?? 0n) + held,
        version: (before?.version ?? 0) + 1,
      };
      this.balances.set(key, after);
      this.postings.push({
        transactionId: this.#transactionId,
        owner: after.owner,
        asset,
        version: after.version,
        reason,
        reference: reason === "void" ? `${reference}@${this.voidPlace}` : reference,
        availableChange: available,
        heldChange: held,
        availableAfter: after.available,
        heldAfter: after.held,
      });
    }
  }
}

interface World extends Transfers {
  readonly holds: readonly HoldRow[];
  readonly liveSums: readonly LiveSum[];
  readonly postings: readonly PostingRow[];
  readonly balances: readonly BalanceRow[];
  readonly history: HoldHistory;
  readonly entries: ExpectedEntries;
}

/** Hold 6 got no order and was voided at its deadline; hold 7 still waits; there was no money for 8. */
const holds: readonly HoldRow[] = [
  hold(1, { asset: "BTC", amount: 5n, remaining: 2n, state: "LIVE" }),
  hold(2, { asset: "USD", amount: 303n, remaining: 0n, state: "DONE" }),
  hold(3, { asset: "USD", amount: 630n, remaining: 0n, state: "DONE" }),
  hold(4, { asset: "USD", amount: 190n, remaining: 0n, state: "REJECTED" }),
  hold(5, { asset: "USD", amount: 396n, remaining: 396n, state: "LIVE" }),
  hold(6, { asset: "USD", amount: 10n, remaining: 0n, state: "VOID", deadlineMs: 1 }),
  hold(7, { asset: "USD", amount: 20n, remaining: 20n, state: "PENDING" }),
  hold(8, { asset: "USD", amount: 99n, remaining: 0n, state: "REFUSED" }),
];

function hold(
  holdId: number,
  rest: Pick<HoldRow, "asset" | "amount" | "remaining" | "state"> & { deadlineMs?: number },
): HoldRow {
  return { holdId, accountId: holdId, market: "BTC-USD", deadlineMs: DEADLINE_MS, ...rest };
}

const liveSums: readonly LiveSum[] = [
  { market: "BTC-USD", asset: "BTC", units: 2n },
  { market: "BTC-USD", asset: "USD", units: 396n },
];

const deposits: readonly TransferRow[] = holds.map(({ accountId, asset }) => ({
  id: `deposit-${accountId}`,
  accountId,
  asset,
  amount: 10_000n,
}));
const withdrawals = [
  {
    id: "withdrawal-8",
    accountId: 8,
    asset: "USD",
    amount: 5n,
    state: "RESERVED",
    attempt: 0,
    payoutKey: "key-8",
  },
];
const accountTransfers: readonly AccountTransferRow[] = [
  { id: "transfer-1", fromAccountId: 8, toAccountId: 9, asset: "USD", amount: 3n },
];

function fold(entries: ExpectedEntries): HoldHistory {
  const history = new HoldHistory(market, EVERYTHING, entries);
  for (const { frame } of createSmallMarket().frames) {
    history.frame(frame);
    for (const event of frame.events) history.apply(event);
  }
  return history;
}

function createWorld(): World {
  const entries = new BookedEntries();
  const facts = fold(new ExpectedEntries());
  const [firstPlace = ""] = facts.timesMs.keys();
  entries.voidPlace = `BTC-USD:${firstPlace}`;
  expectTransferEntries({ deposits, withdrawals, accountTransfers }, entries);
  expectHoldEntries(holds, facts, entries);
  const history = fold(entries);
  const balances = [...entries.balances.values()];
  return {
    holds,
    liveSums,
    deposits,
    withdrawals,
    accountTransfers,
    postings: entries.postings,
    balances,
    history,
    entries,
  };
}

function checkAll(world: World): Check[] {
  const ledger = new LedgerChecks(world.entries, {
    holds: new Map(world.holds.map((row) => [row.holdId, row])),
    timeAtMs: (place) => world.history.timesMs.get(place.replace("BTC-USD:", "")),
  });
  for (const posting of world.postings) ledger.posting(posting);
  return [
    checkHoldRows(world.holds, world.history),
    checkPendingHolds(world.holds, DEADLINE_MS),
    checkHeldBalances(world.holds, world.balances),
    checkLiveSums(world.holds, world.liveSums),
    checkAssetSums(world.balances),
    checkCustody(world.balances, world),
    ...ledger.finish(world.balances),
  ];
}

test("a ledger as the wallet keeps it breaks nothing, and every check had something to look at", () => {
  const checks = checkAll(createWorld());
  expect(checks.flatMap(({ told }) => told)).toEqual([]);
  expect(checks.filter(({ examined }) => examined === 0)).toEqual([]);
});

test("a trade moves what both sides pay, less the fees, which go to the house", () => {
  const entries = new ExpectedEntries();
  fold(entries);
  // Three lots at 100 ticks. A tick × lot is one smallest unit of USD, and a lot one of BTC.
  expect(entries.take("trade", "BTC-USD:2048-1")).toBe(
    "1/BTC +0 available -3 held, 1/USD +299 available +0 held, 2/BTC +2 available +0 held, " +
      "2/USD +3 available -303 held, fees.BTC-USD/BTC +1 available +0 held, " +
      "fees.BTC-USD/USD +1 available +0 held",
  );
});

type Plant = (world: World) => World;

function changeHold(holdId: number, changes: Partial<HoldRow>): Plant {
  return (world) => ({
    ...world,
    holds: world.holds.map((row) => (row.holdId === holdId ? { ...row, ...changes } : row)),
  });
}

function changeBalance(key: string, changes: Partial<BalanceRow>): Plant {
  return (world) => ({
    ...world,
    balances: world.balances.map((row) =>
      `${row.owner}/${row.asset}` === key ? { ...row, ...changes } : row,
    ),
  });
}

function changePosting(
  matches: (row: PostingRow) => boolean,
  change: (row: PostingRow) => readonly PostingRow[],
): Plant {
  return (world) => ({
    ...world,
    postings: world.postings.flatMap((row) => (matches(row) ? change(row) : [row])),
  });
}

const isTrade = ({ reason }: PostingRow): boolean => reason === "trade";
const isVoid = ({ reason }: PostingRow): boolean => reason === "void";

const plants: readonly (readonly [fault: string, check: string, plant: Plant])[] = [
  ["a hold in another state", "live holds", changeHold(5, { state: "DONE" })],
  ["a hold that holds too little", "live holds", changeHold(5, { remaining: 395n })],
  ["a hold of another account", "live holds", changeHold(1, { accountId: 2 })],
  ["a hold of another asset", "live holds", changeHold(1, { asset: "USD" })],
  ["a hold of another amount", "live holds", changeHold(2, { amount: 304n })],
  ["a void hold whose order was let in", "live holds", changeHold(3, { state: "VOID" })],
  [
    "an order without its hold",
    "live holds",
    (world) => ({ ...world, holds: world.holds.slice(1) }),
  ],
  ["an overdue pending hold", "overdue", changeHold(7, { deadlineMs: DEADLINE_MS - 15_001 })],
  [
    "a total of live holds that is too large",
    "totals at settlement cursors",
    (world) => ({
      ...world,
      liveSums: liveSums.map((sum) => (sum.asset === "USD" ? { ...sum, units: 397n } : sum)),
    }),
  ],
  [
    "live holds without a total",
    "totals at settlement cursors",
    (world) => ({ ...world, liveSums: [] }),
  ],
  ["held money of no hold", "held balances", changeBalance("7/USD", { held: 21n })],
  ["a sum that is not zero", "all accounts sum to zero", changeBalance("7/USD", { held: 21n })],
  ["money from nowhere", "custody", changeBalance("custody/USD", { available: -69_999n })],
  [
    "money on its way that nobody asked for",
    "custody",
    changeBalance("in-flight/USD", { available: 6n }),
  ],
  [
    "a withdrawal that is said to be paid",
    "custody",
    (world) => ({ ...world, withdrawals: withdrawals.map((row) => ({ ...row, state: "PAID" })) }),
  ],
  [
    "a posting that leaves a transaction unbalanced",
    "sums to zero per asset",
    changePosting(isTrade, (row) => [{ ...row, availableChange: row.availableChange + 1n }]),
  ],
  [
    "a line that is missing",
    "sums to zero per asset",
    changePosting(
      ({ reason, owner }) => reason === "deposit" && owner === CUSTODY,
      () => [],
    ),
  ],
  ["a trade that is not posted", "postings =", changePosting(isTrade, () => [])],
  [
    "a trade that is posted twice",
    "postings =",
    changePosting(isTrade, (row) => [row, { ...row, transactionId: 9999 }]),
  ],
  [
    "a trade posted to another account",
    "postings =",
    changePosting(isTrade, (row) => [{ ...row, owner: row.owner === "1" ? "3" : row.owner }]),
  ],
  [
    "a transfer posted to another account",
    "postings =",
    changePosting(
      ({ reason, owner }) => reason === "transfer" && owner === "9",
      (row) => [{ ...row, owner: "3" }],
    ),
  ],
  [
    "a transfer that nobody asked for",
    "postings =",
    changePosting(
      ({ reason }) => reason === "transfer",
      (row) => [{ ...row, reference: "transfer-2" }],
    ),
  ],
  [
    "a posting of an event that never was",
    "postings =",
    changePosting(isTrade, (row) => [{ ...row, reference: "BTC-USD:2048-9" }]),
  ],
  [
    "lines of one transaction for two reasons",
    "postings =",
    changePosting(isTrade, (row) => [{ ...row, reason: row.owner === "1" ? "cancel" : "trade" }]),
  ],
  [
    "a hold released at a place that is no end of a frame",
    "postings =",
    changePosting(isVoid, (row) => [{ ...row, reference: "6@BTC-USD:1-1" }]),
  ],
  ["a hold released before it was due", "postings =", changeHold(6, { deadlineMs: DEADLINE_MS })],
  [
    "a balance that is not its postings",
    "equals its postings",
    changeBalance("5/USD", { available: 1n }),
  ],
  ["a balance with another version", "equals its postings", changeBalance("5/USD", { version: 9 })],
  [
    "a balance that is gone",
    "equals its postings",
    (world) => ({ ...world, balances: world.balances.slice(1) }),
  ],
  [
    "a version that was used twice",
    "equals its postings",
    changePosting(isTrade, (row) => [{ ...row, version: row.version - 1 }]),
  ],
  [
    "a posting that states another balance after it",
    "follows the one before",
    changePosting(isTrade, (row) => [{ ...row, availableAfter: row.availableAfter + 1n }]),
  ],
  [
    "a posting whose predecessor is gone",
    "follows the one before",
    changePosting(isTrade, (row) => [{ ...row, version: row.version + 1 }]),
  ],
  ["a negative balance", "no balance is negative", changeBalance("5/USD", { available: -1n })],
  [
    "a balance that was negative for a moment",
    "no balance is negative",
    changePosting(isTrade, (row) => [{ ...row, heldAfter: -1n }]),
  ],
];

test.each(plants)("%s is found", (_, check, plant) => {
  const broken = checkAll(plant(createWorld())).filter(({ violations }) => violations > 0);
  expect(broken.some(({ name }) => name.includes(check))).toBe(true);
});
