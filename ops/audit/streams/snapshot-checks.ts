/** An engine's snapshot against the commands played again up to the same record. */

import type { ReplicaSnapshot } from "@exchange/engine/replay";
import type { MarketId } from "@exchange/streams/contract";
import { formatPosition } from "@exchange/streams/contract";

import { Check } from "../check.ts";
import type { FoundSnapshots } from "../read/snapshots.ts";

export class SnapshotChecks {
  readonly check: Check;
  /** By record and epoch: where an epoch begins, the one before has the same last record. */
  readonly #waiting: Map<string, ReplicaSnapshot>;

  /** `snapshots`: as they are stored, in any order. */
  constructor(market: MarketId, { readable, unreadable }: FoundSnapshots) {
    this.check = new Check(`${market}: engine snapshots = the commands played again`);
    this.#waiting = new Map(readable.map((snapshot) => [placeOf(snapshot), snapshot]));
    for (const name of unreadable) this.check.violate(`snapshot ${name}`, "it cannot be read");
  }

  /** Whether one was taken at the end of this record. */
  isDue(sequence: number, epoch: number): boolean {
    return this.#waiting.has(placeOf({ sequence, epoch }));
  }

  compare(replayed: ReplicaSnapshot): void {
    const stored = this.#waiting.get(placeOf(replayed));
    if (stored === undefined) return;
    this.#waiting.delete(placeOf(replayed));
    const where = `snapshot at ${formatPosition(stored.position)}`;
    this.check.examine();
    this.check.expectEqual(where, ["the market", stored.market, replayed.market]);
    this.check.expectEqual(where, ["the epoch", stored.epoch, replayed.epoch]);
    this.check.expectEqual(where, [
      "the position",
      formatPosition(stored.position),
      formatPosition(replayed.position),
    ]);
    this.check.expectEqual(where, ["the time", stored.timeMs, replayed.timeMs]);
    this.check.expectEqual(where, ["the hash", stored.hash, replayed.hash]);
    this.check.expectEqual(where, ["the book's hash", stored.stateHash, replayed.stateHash]);
    if (!Bun.deepEquals(stored.book, replayed.book)) {
      this.check.violate(where, "its orders are not those of the book");
    }
  }

  finish(): Check {
    for (const { position } of this.#waiting.values()) {
      const where = `snapshot at ${formatPosition(position)}`;
      this.check.violate(where, "the command log does not reach it");
    }
    return this.check;
  }
}

function placeOf({ sequence, epoch }: Pick<ReplicaSnapshot, "sequence" | "epoch">): string {
  return `${epoch}:${sequence}`;
}
