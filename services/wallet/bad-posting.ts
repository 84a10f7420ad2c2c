/**
 * Which entry of the ledger is the first that cannot be right: one of a transaction that does not sum to zero, one that
 * does not follow the entry before it, or the last of a balance that says something else. Pure.
 */

import type { BalanceRow } from "./ledger-store.ts";

/** As its row has it. Amounts are whole numbers, as text. */
export interface StoredPosting {
  readonly transaction_id: string;
  readonly line: number;
  readonly account_id: string | null;
  readonly house_account: string | null;
  readonly asset: string;
  readonly version: string;
  readonly available_change: string;
  readonly held_change: string;
  readonly available_after: string;
  readonly held_after: string;
}

export interface BadPosting {
  /** Undefined for a balance without any posting. */
  readonly transactionId: number | undefined;
  readonly what: string;
}

/** A balance as far as its entries lead without a gap. */
interface Chain {
  version: number;
  available: bigint;
  held: bigint;
  /** The newest of them. */
  transactionId: number | undefined;
  /** Those after a gap: entries come by transaction, and two wallets' are not in the order of the balance. */
  readonly waiting: Map<number, StoredPosting>;
}

export class BadPostingSearch {
  #found: BadPosting | undefined;
  #transaction: StoredPosting[] = [];
  readonly #chains = new Map<string, Chain>();

  /** Undefined as long as all is well. */
  get found(): BadPosting | undefined {
    return this.#found;
  }

  /** Postings come by transaction, each whole. */
  take(posting: StoredPosting): void {
    const [first] = this.#transaction;
    if (first !== undefined && first.transaction_id !== posting.transaction_id) {
      this.#endTransaction();
    }
    this.#transaction.push(posting);
    const chain = this.#chainOf(keyOf(posting));
    chain.waiting.set(Number(posting.version), posting);
    this.#follow(chain, keyOf(posting));
  }

  /** After the last posting: what each balance is by its own row. */
  finish(balances: Iterable<Omit<BalanceRow, "house_account"> & { house_account: string | null }>) {
    this.#endTransaction();
    for (const balance of balances) {
      const key = keyOf(balance);
      const chain = this.#chainOf(key);
      const { version, available, held, transactionId } = chain;
      const isSame =
        Number(balance.version) === version &&
        BigInt(balance.available) === available &&
        BigInt(balance.held) === held;
      if (!isSame) {
        this.#note({
          transactionId,
          what: `balance ${key} is ${balance.available} and ${balance.held}, its postings lead to ${available} and ${held}`,
        });
      }
    }
    return this.#found;
  }

  #endTransaction(): void {
    const sums = new Map<string, bigint>();
    for (const { asset, available_change: available, held_change: held } of this.#transaction) {
      sums.set(asset, (sums.get(asset) ?? 0n) + BigInt(available) + BigInt(held));
    }
    for (const [asset, sum] of sums) {
      if (sum === 0n) continue;
      const transactionId = Number(this.#transaction[0]?.transaction_id);
      this.#note({
        transactionId,
        what: `transaction ${transactionId} leaves ${sum} of ${asset}`,
      });
    }
    this.#transaction = [];
  }

  #follow(chain: Chain, key: string): void {
    for (;;) {
      const posting = chain.waiting.get(chain.version + 1);
      if (posting === undefined) return;
      chain.waiting.delete(chain.version + 1);
      const transactionId = Number(posting.transaction_id);
      const available = BigInt(posting.available_after);
      const held = BigInt(posting.held_after);
      if (
        chain.available + BigInt(posting.available_change) !== available ||
        chain.held + BigInt(posting.held_change) !== held
      ) {
        this.#note({
          transactionId,
          what: `posting ${transactionId}-${posting.line} does not follow the one before of ${key}`,
        });
      }
      chain.version += 1;
      chain.available = available;
      chain.held = held;
      chain.transactionId = transactionId;
    }
  }

  #chainOf(key: string): Chain {
    const known = this.#chains.get(key);
    if (known !== undefined) return known;
    const chain: Chain = {
      version: 0,
      available: 0n,
      held: 0n,
      transactionId: undefined,
      waiting: new Map(),
    };
    this.#chains.set(key, chain);
    return chain;
  }

  #note(bad: BadPosting): void {
    this.#found ??= bad;
  }
}

function keyOf(row: Pick<StoredPosting, "account_id" | "house_account" | "asset">): string {
  return `${row.account_id ?? row.house_account}/${row.asset}`;
}
