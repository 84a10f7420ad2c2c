/**
 * Money that comes or goes: one transaction between an account and the house, found again by the key of its
 * request. A repeat is answered as the first was, whatever became of the first one's answer.
 */

import { inTransaction } from "@exchange/store";
import type { AccountId, AssetDefinition, AssetId } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import { readAll, writeAll } from "./bulk-sql.ts";
import type { IdBlocks } from "./id-blocks.ts";
import { countFrom } from "./id-blocks.ts";
import type { BalanceRegister, BalanceRow } from "./ledger-store.ts";
import { balanceLocks, ledgerWrites, toBalance } from "./ledger-store.ts";
import type { BalanceKey, HouseAccount, LedgerBalance } from "./ledger.ts";
import { balanceOf, changedBalances, createLedger, post } from "./ledger.ts";
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
  /** Decides under the locks, and writes the row that the ledger refers to. */
  readonly write: (tx: Tx, at: MoveTime) => Promise<Written<Value> | Refused>;
}

export interface MoveTime {
  readonly nowMs: number;
  readonly houseBalance: LedgerBalance;
}

export interface Written<Value> {
  readonly kind: "written";
  readonly value: Value;
  readonly reference: string;
}

export type Refused = Extract<Reply<never>, { readonly kind: "refused" }>;

export async function moveFunds<Value>(
  deps: FundingDeps,
  move: Move<Value>,
): Promise<Reply<Value>> {
  const keys: readonly BalanceKey[] = [
    { owner: move.accountId, asset: move.asset },
    { owner: move.house, asset: move.asset },
  ];
  await deps.register.ensure(keys);
  const firstTransactionId = await deps.transactionIds.reserve(1);
  const moving = { ...move, keys, firstTransactionId };
  const { reply, changed } = await untilUnique(
    async () =>
      await inTransaction(
        deps.db,
        async (tx) => await run(tx, { ...moving, nowMs: deps.nowMs() }),
        { onRetry: deps.onRetry },
      ),
  );
  deps.onChanged(changed);
  return reply;
}

interface Moving<Value> extends Move<Value> {
  readonly keys: readonly BalanceKey[];
  readonly firstTransactionId: number;
  readonly nowMs: number;
}

interface Moved<Value> {
  readonly reply: Reply<Value>;
  readonly changed: readonly LedgerBalance[];
}

async function run<Value>(tx: Tx, moving: Moving<Value>): Promise<Moved<Value>> {
  const { accountId, asset, house, units, reason, nowMs } = moving;
  // The lock comes first: a repeat that runs beside us waits here, and finds our row afterwards.
  const balances = (await readAll<BalanceRow>(tx, balanceLocks(moving.keys))).map(toBalance);
  const first = await moving.findFirst(tx);
  if (first !== undefined) {
    const isSame = moving.isSame(first);
    const conflict: Refused = { kind: "refused", code: "IDEMPOTENCY_CONFLICT" };
    return { reply: isSame ? { kind: "ok", value: first } : conflict, changed: [] };
  }
  const ledger = createLedger(balances, countFrom(moving.firstTransactionId));
  const houseBalance = balanceOf(ledger, house, asset);
  const written = await moving.write(tx, { nowMs, houseBalance });
  if (written.kind === "refused") return { reply: written, changed: [] };
  post(ledger, {
    reason,
    reference: written.reference,
    timeMs: nowMs,
    changes: [
      { balance: balanceOf(ledger, accountId, asset), available: units, held: 0n },
      { balance: houseBalance, available: -units, held: 0n },
    ],
  });
  await writeAll(tx, ledgerWrites(ledger));
  return { reply: { kind: "ok", value: written.value }, changed: changedBalances(ledger) };
}
