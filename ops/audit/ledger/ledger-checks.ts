/** The ledger by itself and against what must stand in it. Postings come in the order of their transactions. */

import { Check } from "../check.ts";
import { BalanceChains } from "./balance-chains.ts";
import type { ExpectedEntries } from "./entry.ts";
import { describeEntry } from "./entry.ts";
import type { BalanceRow, HoldRow, PostingRow } from "./ledger-row.ts";

/** The house account that stands for what the exchange keeps for its users: negative. */
export const CUSTODY = "custody";
/** What those owe who had spent what a trade that was taken back had given them: negative, too. */
const SHORTFALL = "shortfall";
const mayOwe: ReadonlySet<string> = new Set([CUSTODY, SHORTFALL]);

interface BalanceSum {
  readonly postings: number;
  readonly versionMax: number;
  readonly versionSum: number;
  readonly available: bigint;
  readonly held: bigint;
}

type Mutable<Shape> = { -readonly [Name in keyof Shape]: Shape[Name] };

const emptySum: BalanceSum = {
  postings: 0,
  versionMax: 0,
  versionSum: 0,
  available: 0n,
  held: 0n,
};

export interface VoidFacts {
  readonly holds: ReadonlyMap<number, Pick<HoldRow, "deadlineMs" | "market">>;
  /** Engine time at a frame's end, by `<MARKET>:<command>-<index>`; undefined for any other place. */
  readonly timeAtMs: (place: string) => number | undefined;
  /** Whether an event's place lies before the logs that were read: then nothing is known of it. */
  readonly isBefore?: (place: string) => boolean;
}

export class LedgerChecks {
  readonly zeroSums = new Check("each ledger transaction sums to zero per asset");
  readonly reasons = new Check(
    "postings = events, holds, deposits, withdrawals and transfers, once each",
  );
  readonly balances = new Check("each balance equals its postings");
  readonly negatives = new Check("no balance is negative");
  readonly #expected: ExpectedEntries;
  readonly #voids: VoidFacts;
  readonly #chains = new BalanceChains();
  readonly #sums = new Map<string, Mutable<BalanceSum>>();
  #lines: PostingRow[] = [];

  constructor(expected: ExpectedEntries, voids: VoidFacts) {
    this.#expected = expected;
    this.#voids = voids;
  }

  posting(row: PostingRow): void {
    if (this.#lines[0] !== undefined && this.#lines[0].transactionId !== row.transactionId) {
      this.#endTransaction();
    }
    this.#lines.push(row);
    this.#sum(row);
    this.#chains.posting(row);
    this.#checkSigns(row);
  }

  /** After the last posting. */
  finish(balances: readonly BalanceRow[]): readonly Check[] {
    this.#endTransaction();
    for (const [name, effect] of this.#expected.rest()) {
      this.reasons.violate(name, `not in the ledger: ${effect}`);
    }
    for (const balance of balances) this.#checkBalance(balance);
    for (const key of this.#sums.keys()) {
      this.balances.violate(`balance ${key}`, "it has postings and no row");
    }
    return [this.zeroSums, this.reasons, this.balances, this.#chains.finish(), this.negatives];
  }

  #endTransaction(): void {
    const [first] = this.#lines;
    if (first === undefined) return;
    this.#checkZeroSum(first.transactionId);
    this.#checkReason(first);
    this.#lines = [];
  }

  #checkZeroSum(transactionId: number): void {
    this.zeroSums.examine();
    const sums = new Map<string, bigint>();
    for (const { asset, availableChange, heldChange } of this.#lines) {
      sums.set(asset, (sums.get(asset) ?? 0n) + availableChange + heldChange);
    }
    for (const [asset, sum] of sums) {
      if (sum !== 0n) {
        this.zeroSums.violate(`transaction ${transactionId}`, `${asset} sums to ${sum}`);
      }
    }
  }

  #checkReason({ transactionId, reason, reference }: PostingRow): void {
    this.reasons.examine();
    const where = `transaction ${transactionId}, ${reason} ${reference}`;
    if (this.#lines.some((line) => line.reason !== reason || line.reference !== reference)) {
      this.reasons.violate(where, "its lines differ in reason or reference");
    }
    const [name = "", place] = reason === "void" ? reference.split("@") : [reference];
    const expected = this.#expected.take(reason, name);
    if (expected === undefined && this.#isBefore(name)) return;
    if (expected === undefined) {
      this.reasons.violate(where, "nothing calls for it, or it is there twice");
      return;
    }
    const effect = describeEntry(
      this.#lines.map(({ owner, asset, availableChange, heldChange }) => ({
        owner: owner === SHORTFALL ? this.#debtorOf(reference, asset) : owner,
        asset,
        available: availableChange,
        held: heldChange,
      })),
    );
    this.reasons.expectEqual(where, ["its effect", effect, expected]);
    this.#checkShortfall(where, reference);
    if (reason !== "void" || this.#isBefore(place)) return;
    this.#checkVoid(where, Number(name), place);
  }

  #debtorOf(reference: string, asset: string): string {
    return String(this.#expected.debtorOf(reference, asset) ?? SHORTFALL);
  }

  /** The house stands in only for what is not there: whoever owes has nothing left. */
  #checkShortfall(where: string, reference: string): void {
    for (const { owner, asset } of this.#lines) {
      if (owner !== SHORTFALL) continue;
      const debtor = this.#debtorOf(reference, asset);
      const own = this.#lines.find((line) => line.owner === debtor && line.asset === asset);
      if (own === undefined || own.availableAfter === 0n) continue;
      this.reasons.violate(where, `${debtor} has ${own.availableAfter} ${asset} and owes some`);
    }
  }

  #isBefore(place: string | undefined): boolean {
    return place !== undefined && (this.#voids.isBefore?.(place) ?? false);
  }

  /** D < T: the hold's deadline lies before the engine's time where it was released. */
  #checkVoid(where: string, holdId: number, place: string | undefined): void {
    const hold = this.#voids.holds.get(holdId);
    const timeMs = place === undefined ? undefined : this.#voids.timeAtMs(place);
    if (hold === undefined || timeMs === undefined) {
      this.reasons.violate(where, "it names no end of a frame that settlement has passed");
    } else if (hold.deadlineMs >= timeMs) {
      this.reasons.violate(where, `released at ${timeMs}, due only at ${hold.deadlineMs}`);
    }
  }

  #sum(row: PostingRow): void {
    const key = `${row.owner}/${row.asset}`;
    const sum = this.#sums.get(key);
    if (sum === undefined) {
      this.#sums.set(key, {
        postings: 1,
        versionMax: row.version,
        versionSum: row.version,
        available: row.availableChange,
        held: row.heldChange,
      });
      return;
    }
    sum.postings += 1;
    sum.versionMax = Math.max(sum.versionMax, row.version);
    sum.versionSum += row.version;
    sum.available += row.availableChange;
    sum.held += row.heldChange;
  }

  #checkSigns({ owner, asset, version, availableAfter, heldAfter }: PostingRow): void {
    this.negatives.examine();
    if ((availableAfter < 0n && !mayOwe.has(owner)) || heldAfter < 0n) {
      const where = `balance ${owner}/${asset}, version ${version}`;
      this.negatives.violate(where, `${availableAfter} available, ${heldAfter} held`);
    }
  }

  #checkBalance({ owner, asset, available, held, version }: BalanceRow): void {
    const key = `${owner}/${asset}`;
    const where = `balance ${key}`;
    this.balances.examine();
    this.negatives.examine();
    if ((available < 0n && !mayOwe.has(owner)) || held < 0n) {
      this.negatives.violate(where, `${available} available, ${held} held`);
    }
    const sum = this.#sums.get(key) ?? emptySum;
    this.#sums.delete(key);
    this.balances.expectEqual(where, ["available", available, sum.available]);
    this.balances.expectEqual(where, ["held", held, sum.held]);
    this.balances.expectEqual(where, ["its version", version, sum.versionMax]);
    // The versions 1 to n once each: n of them, up to n, with the sum of 1 to n.
    this.balances.expectEqual(where, ["its number of postings", sum.postings, sum.versionMax]);
    const wholeSum = (sum.versionMax * (sum.versionMax + 1)) / 2;
    this.balances.expectEqual(where, ["the sum of its versions", sum.versionSum, wholeSum]);
  }
}
