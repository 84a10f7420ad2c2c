/**
 * Money that comes or goes: one transaction between an account and the house, found again by the key of its
 * request. A repeat is answered as the first was, whatever became of the first one's answer. Nearly every key is new,
 * and its unique index says when one is not, so that the first is looked for only then and before a refusal.
 */

import { inTransaction } from "@exchange/store";
import type { AccountId, AssetDefinition, AssetId } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { Write } from "./bulk-sql.ts";
import { readAll, writeAll } from "./bulk-sql.ts";
import type { IdBlocks } from "./id-blocks.ts";
import { countFrom } from "./id-blocks.ts";
import type { BalanceRegister, BalanceRow } from "./ledger-store.ts";
import { balanceLocks, ledgerWrites, toBalance } from "./ledger-store.ts";
import type { BalanceKey, HouseAccount, LedgerBalance } from "./ledger.ts";
import { balanceOf, balanceText, changedBalances, createLedger, post } from "./ledger.ts";
import type { Db, Tx } from "./tables.ts";
import { untilUnique } from "./until-unique.ts";

export interface FundingDeps {
  readonly db: Db;
  readonly transactionIds: IdBlocks;
  readonly register: BalanceRegister;
  readonly asset: (asset: AssetId) => AssetDefinition | undefined;
  readonly nowMs: () => number;
  /** Called before a retry after a deadlock. */
  readonly onRetry: () => void;
  /** Called after each commit. */
  readonly onChanged: (changed: readonly LedgerBalance[]) => void;
}

export interface Move<Value> {
  readonly reason: "deposit" | "withdrawal";
  readonly accountId: AccountId;
  readonly asset: AssetId;
  /** What the account gets; what it gives is below zero. */
  readonly units: bigint;
  readonly house: HouseAccount;
  /** What an earlier request with this one's key did. */
  readonly findFirst: (tx: Tx) => Promise<Value | undefined>;
  readonly isSame: (first: Value) => boolean;
  /** Decides under the account's lock, and writes the row that the ledger refers to. */
  readonly write: (tx: Tx, at: { readonly nowMs: number }) => Promise<Written<Value> | Refused>;
  /** Decides by the house's balance, which is locked last. Nothing is written then. */
  readonly refuses?: (house: LedgerBalance) => Refused | undefined;
}

export interface Written<Value> {
  readonly kind: "written";
  readonly value: Value;
  readonly reference: string;
  /** Further rows, which travel with the ledger's. */
  readonly inserts?: readonly Write[];
}

export type Refused = Extract<Reply<never>, { readonly kind: "refused" }>;

export async function moveFunds<Value>(
  deps: FundingDeps,
  move: Move<Value>,
): Promise<Reply<Value>> {
  const account: BalanceKey = { owner: move.accountId, asset: move.asset };
  const house: BalanceKey = { owner: move.house, asset: move.asset };
  await deps.register.ensure([account, house]);
  const firstTransactionId = await deps.transactionIds.reserve(1);
  const moving = { ...move, keys: { account, house }, firstTransactionId };
  try {
    const { reply, changed } = await untilUnique(
      async (attempt) =>
        await inTransaction(
          deps.db,
          async (tx) => await run(tx, { ...moving, nowMs: deps.nowMs(), looks: attempt > 1 }),
          { onRetry: deps.onRetry },
        ),
    );
    deps.onChanged(changed);
    return reply;
  } catch (error) {
    if (error instanceof RefusedByHouse) return error.refusal;
    throw error;
  }
}

/** Takes back what was written before the house was asked. */
class RefusedByHouse extends Error {
  readonly refusal: Refused;

  constructor(refusal: Refused) {
    super(`the house refuses: ${refusal.code}`);
    this.refusal = refusal;
  }
}

interface Moving<Value> extends Move<Value> {
  readonly keys: { readonly account: BalanceKey; readonly house: BalanceKey };
  readonly firstTransactionId: number;
  readonly nowMs: number;
  /** Whether something stands under the key. */
  readonly looks: boolean;
}

interface Moved<Value> {
  readonly reply: Reply<Value>;
  readonly changed: readonly LedgerBalance[];
}

async function run<Value>(tx: Tx, moving: Moving<Value>): Promise<Moved<Value>> {
  const { accountId, asset, house, units, reason, nowMs, keys } = moving;
  // The lock comes first: a repeat that runs beside us waits here, and finds our row afterwards.
  const account = await lockBalance(tx, keys.account);
  const first = moving.looks ? await answerFirst(tx, moving) : undefined;
  if (first !== undefined) return { reply: first, changed: [] };
  const written = await moving.write(tx, { nowMs });
  if (written.kind === "refused") {
    return { reply: (await answerFirst(tx, moving)) ?? written, changed: [] };
  }
  // All that move this asset wait for the house's row, so it is locked for two round trips and no more.
  const houseBalance = await lockBalance(tx, keys.house);
  const refusal = moving.refuses?.(houseBalance);
  if (refusal !== undefined) throw new RefusedByHouse(refusal);
  const ledger = createLedger([account, houseBalance], countFrom(moving.firstTransactionId));
  post(ledger, {
    reason,
    reference: written.reference,
    timeMs: nowMs,
    changes: [
      { balance: balanceOf(ledger, accountId, asset), available: units, held: 0n },
      { balance: balanceOf(ledger, house, asset), available: -units, held: 0n },
    ],
  });
  // The commit travels with the last writes; the one that follows them finds nothing to do.
  const { inserts = [] } = written;
  await writeAll(tx, [...inserts, ...ledgerWrites(ledger), { text: "commit" }]);
  return { reply: { kind: "ok", value: written.value }, changed: changedBalances(ledger) };
}

/** What an earlier request under this key is answered; undefined when there was none. */
async function answerFirst<Value>(
  tx: Tx,
  { findFirst, isSame }: Move<Value>,
): Promise<Reply<Value> | undefined> {
  const first = await findFirst(tx);
  if (first === undefined) return undefined;
  return isSame(first)
    ? { kind: "ok", value: first }
    : { kind: "refused", code: "IDEMPOTENCY_CONFLICT" };
}

async function lockBalance(tx: Tx, key: BalanceKey): Promise<LedgerBalance> {
  const [row] = await readAll<BalanceRow>(tx, balanceLocks([key]));
  assert(row !== undefined, `the balance ${balanceText(key)} is not there`);
  return toBalance(row);
}
