/**
 * An account's ledger transactions in one order, and where in it a moment lies. Ids do not tell: several wallets hand
 * them out at once. Each balance counts its entries, so its own order is exact; between balances time decides. Pure.
 */

export interface AccountEntry {
  readonly transactionId: number;
  readonly line: number;
  readonly asset: string;
  /** Counts the balance's entries, from 1 on. */
  readonly version: number;
  readonly timeMs: number;
  readonly reason: string;
  readonly reference: string;
  readonly availableChange: bigint;
  readonly heldChange: bigint;
  readonly availableAfter: bigint;
  readonly heldAfter: bigint;
}

/** All of its entries for the account. */
export interface AccountTransaction {
  readonly transactionId: number;
  readonly timeMs: number;
  readonly entries: readonly AccountEntry[];
  /** Of the market's event that settlement made it for. What is released at a deadline, or taken back, follows from time instead. */
  readonly event: SettledEvent | undefined;
  /** What it stands in line in: its balances, and the market of its event. */
  readonly lines: ReadonlySet<string>;
}

export interface SettledEvent {
  readonly market: string;
  readonly command: number;
  readonly index: number;
}

/** What a moment in the ledger is told by. */
export interface Moment {
  /** Whether the transaction is of that moment or before. */
  readonly isBefore: (transaction: AccountTransaction) => boolean;
  /** Whether it is later for certain, whatever stands behind it. */
  readonly isLater: (transaction: AccountTransaction) => boolean;
}

/**
 * Every balance of the account goes through its versions one by one, and every market through its events; what may come
 * first goes by time, then by id.
 */
export function orderTransactions(entries: readonly AccountEntry[]): AccountTransaction[] {
  const transactions = groupTransactions(entries);
  const queues = queuesOf(entries, transactions.values());
  const ordered: AccountTransaction[] = [];
  while (ordered.length < transactions.size) {
    const next = earliest(
      [...queues.values()].flatMap((queue) => {
        const first = queue.at(-1);
        return first !== undefined && isNext(first, queues) ? [first] : [];
      }),
    );
    if (next === undefined) throw new Error("the account's balances contradict each other");
    for (const name of next.lines) {
      const queue = queues.get(name);
      // Of a balance it may have two entries, one behind the other.
      while (queue?.at(-1) === next) queue.pop();
    }
    ordered.push(next);
  }
  return ordered;
}

/** By what each may come next, the first one last. */
function queuesOf(
  entries: readonly AccountEntry[],
  transactions: Iterable<AccountTransaction>,
): Map<string, AccountTransaction[]> {
  const byId = new Map([...transactions].map((one) => [one.transactionId, one]));
  const queues = new Map<string, AccountTransaction[]>();
  const put = (name: string, transactionId: number): void => {
    const transaction = byId.get(transactionId);
    if (transaction === undefined) return;
    const queue = queues.get(name);
    if (queue === undefined) queues.set(name, [transaction]);
    else queue.push(transaction);
  };
  for (const { asset, transactionId } of entries.toSorted(
    (left, right) => right.version - left.version,
  )) {
    put(asset, transactionId);
  }
  const events = [...byId.values()].flatMap(({ transactionId, event }) =>
    event === undefined ? [] : [{ ...event, transactionId }],
  );
  events.sort(
    (left, right) =>
      right.command - left.command ||
      right.index - left.index ||
      right.transactionId - left.transactionId,
  );
  for (const { market, transactionId } of events) put(lineOf(market), transactionId);
  return queues;
}

/** Up to the last one that is of that moment, but none that is later for certain. */
export function upTo(
  ordered: readonly AccountTransaction[],
  { isBefore, isLater }: Moment,
): readonly AccountTransaction[] {
  const later = ordered.findIndex(isLater);
  const possible = later === -1 ? ordered : ordered.slice(0, later);
  return possible.slice(0, possible.findLastIndex(isBefore) + 1);
}

function groupTransactions(entries: readonly AccountEntry[]): Map<number, AccountTransaction> {
  const lines = new Map<number, AccountEntry[]>();
  for (const entry of entries) {
    const known = lines.get(entry.transactionId);
    if (known === undefined) lines.set(entry.transactionId, [entry]);
    else known.push(entry);
  }
  return new Map([...lines].map(([id, found]) => [id, transactionOf(id, found)]));
}

function transactionOf(
  transactionId: number,
  entries: readonly AccountEntry[],
): AccountTransaction {
  const { timeMs = 0, reason = "", reference = "" } = entries[0] ?? {};
  // A reversal is named by the trade that it takes back, which was long before.
  const event = reason === "reversal" ? undefined : settledEvent(reference);
  const assets = entries.map(({ asset }) => asset);
  const lines = new Set(event === undefined ? assets : [...assets, lineOf(event.market)]);
  return { transactionId, timeMs, entries, event, lines };
}

function settledEvent(reference: string): SettledEvent | undefined {
  const found = /^([^:@]+):(\d+)-(\d+)$/.exec(reference);
  if (found === null) return undefined;
  const [, market = "", command, index] = found;
  return { market, command: Number(command), index: Number(index) };
}

/** No asset has this name. */
function lineOf(market: string): string {
  return `${market}:`;
}

/** Whether all that it stands in has come to it. */
function isNext(
  transaction: AccountTransaction,
  queues: ReadonlyMap<string, readonly AccountTransaction[]>,
): boolean {
  for (const name of transaction.lines) {
    if (queues.get(name)?.at(-1) !== transaction) return false;
  }
  return true;
}

function earliest(transactions: readonly AccountTransaction[]): AccountTransaction | undefined {
  return transactions.reduce<AccountTransaction | undefined>((first, one) => {
    if (first === undefined) return one;
    const isEarlier = one.timeMs - first.timeMs || one.transactionId - first.transactionId;
    return isEarlier < 0 ? one : first;
  }, undefined);
}
