/** Each entry says what its balance is after it: what it was after the one before, and the change. */

import { Check } from "../check.ts";
import type { PostingRow } from "./ledger-row.ts";

interface Chain {
  version: number;
  available: bigint;
  held: bigint;
  /** Entries of later versions: they come by transaction, and not all in the order of the balance. */
  readonly waiting: Map<number, PostingRow>;
}

export class BalanceChains {
  readonly check = new Check("each posting follows the one before of its balance");
  readonly #chains = new Map<string, Chain>();

  posting(row: PostingRow): void {
    this.check.examine();
    const key = `${row.owner}/${row.asset}`;
    const chain = this.#chains.get(key) ?? { ...start, waiting: new Map<number, PostingRow>() };
    this.#chains.set(key, chain);
    chain.waiting.set(row.version, row);
    for (;;) {
      const next = chain.waiting.get(chain.version + 1);
      if (next === undefined) return;
      chain.waiting.delete(next.version);
      this.#follow(chain, next);
    }
  }

  /** After the last posting. */
  finish(): Check {
    for (const [key, { version, waiting }] of this.#chains) {
      if (waiting.size > 0)
        this.check.violate(`balance ${key}`, `nothing follows version ${version}`);
    }
    return this.check;
  }

  #follow(chain: Chain, row: PostingRow): void {
    const where = `transaction ${row.transactionId}, balance ${row.owner}/${row.asset}`;
    const available = chain.available + row.availableChange;
    const held = chain.held + row.heldChange;
    this.check.expectEqual(where, ["available after it", row.availableAfter, available]);
    this.check.expectEqual(where, ["held after it", row.heldAfter, held]);
    chain.version = row.version;
    chain.available = row.availableAfter;
    chain.held = row.heldAfter;
  }
}

const start = { version: 0, available: 0n, held: 0n } as const;
