/** What one ledger transaction does to balances, in a form that compares: who, what and how much, netted. */

export interface EntryChange {
  readonly owner: string | number;
  readonly asset: string;
  readonly available: bigint;
  readonly held: bigint;
}

/** The same text for the same effect, however its lines were cut and ordered. */
export function describeEntry(changes: readonly EntryChange[]): string {
  const net = new Map<string, { available: bigint; held: bigint }>();
  for (const { owner, asset, available, held } of changes) {
    const key = `${owner}/${asset}`;
    const sum = net.get(key);
    if (sum === undefined) net.set(key, { available, held });
    else {
      sum.available += available;
      sum.held += held;
    }
  }
  return [...net]
    .filter(([, { available, held }]) => available !== 0n || held !== 0n)
    .map(
      ([key, { available, held }]) => `${key} ${signed(available)} available ${signed(held)} held`,
    )
    .toSorted()
    .join(", ");
}

function signed(units: bigint): string {
  return units < 0n ? String(units) : `+${units}`;
}

/** Which effect is expected under which name: `trade BTC-USD:2048-1`. */
export class ExpectedEntries {
  readonly #entries = new Map<string, string>();
  readonly #debtors = new Map<string, Readonly<Record<string, number>>>();

  add(reason: string, reference: string, changes: readonly EntryChange[]): void {
    const effect = describeEntry(changes);
    if (effect !== "") this.#entries.set(`${reason} ${reference}`, effect);
  }

  /** Who has to give back what of a trade that is taken back, by asset: a shortfall is theirs. */
  addDebtors(reference: string, debtors: Readonly<Record<string, number>>): void {
    this.#debtors.set(reference, debtors);
  }

  debtorOf(reference: string, asset: string): number | undefined {
    return this.#debtors.get(reference)?.[asset];
  }

  /** Each is there once: taken, it is gone. */
  take(reason: string, reference: string): string | undefined {
    const name = `${reason} ${reference}`;
    const effect = this.#entries.get(name);
    this.#entries.delete(name);
    return effect;
  }

  /** What nobody took. */
  rest(): Iterable<[name: string, effect: string]> {
    return this.#entries;
  }
}
