/** Test funds: money that comes into custody and is the account's at once. */

import { inTransaction } from "@exchange/store";
import type { AssetDefinition, AssetId } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { Deposit, DepositRequest } from "./api.ts";
import { readAll, writeAll } from "./bulk-sql.ts";
import { CUSTODY_MAX, parseUnits } from "./funding.ts";
import type { IdBlocks } from "./id-blocks.ts";
import { countFrom } from "./id-blocks.ts";
import type { BalanceRegister, BalanceRow } from "./ledger-store.ts";
import { balanceLocks, ledgerWrites, toBalance } from "./ledger-store.ts";
import type { LedgerBalance } from "./ledger.ts";
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

export async function depositFunds(
  deps: FundingDeps & { readonly testFunds: boolean },
  request: DepositRequest,
): Promise<Reply<Deposit>> {
  if (!deps.testFunds) return { kind: "refused", code: "TEST_FUNDS_OFF" };
  if (deps.asset(request.asset) === undefined) return { kind: "refused", code: "UNKNOWN_ASSET" };
  const units = parseUnits(request.amount);
  if (units === undefined) return { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" };
  await deps.register.ensure(keysOf(request));
  const firstTransactionId = await deps.transactionIds.reserve(1);
  const outcome = await untilUnique(
    async () =>
      await inTransaction(
        deps.db,
        async (tx) =>
          await write(tx, { ...request, units, firstTransactionId, nowMs: deps.nowMs() }),
        { onRetry: deps.onRetry },
      ),
  );
  deps.onChanged(outcome.changed);
  return outcome.reply;
}

interface Writing extends DepositRequest {
  readonly units: bigint;
  readonly firstTransactionId: number;
  readonly nowMs: number;
}

interface Written {
  readonly reply: Reply<Deposit>;
  readonly changed: readonly LedgerBalance[];
}

function keysOf({ accountId, asset }: DepositRequest) {
  return [
    { owner: accountId, asset },
    { owner: "custody", asset },
  ] as const;
}

async function write(tx: Tx, writing: Writing): Promise<Written> {
  const { accountId, asset, units, nowMs } = writing;
  // The lock comes first: a repeat that runs beside us waits here, and finds our row afterwards.
  const balances = (await readAll<BalanceRow>(tx, balanceLocks(keysOf(writing)))).map(toBalance);
  const first = await findDeposit(tx, writing);
  if (first !== undefined) return { reply: repeatOf(first, writing), changed: [] };
  const ledger = createLedger(balances, countFrom(writing.firstTransactionId));
  const custody = balanceOf(ledger, "custody", asset);
  if (units - custody.available > CUSTODY_MAX) {
    return { reply: { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" }, changed: [] };
  }
  const { insertId } = await tx
    .insertInto("deposits")
    .values({
      account_id: accountId,
      asset,
      amount: units,
      idempotency_key: writing.idempotencyKey,
      created_ms: nowMs,
    })
    .executeTakeFirstOrThrow();
  const depositId = String(insertId);
  post(ledger, {
    reason: "deposit",
    reference: depositId,
    timeMs: nowMs,
    changes: [
      { balance: balanceOf(ledger, accountId, asset), available: units, held: 0n },
      { balance: custody, available: -units, held: 0n },
    ],
  });
  await writeAll(tx, ledgerWrites(ledger));
  return {
    reply: { kind: "ok", value: { depositId, asset, amount: String(units), createdMs: nowMs } },
    changed: changedBalances(ledger),
  };
}

async function findDeposit(
  tx: Tx,
  { accountId, idempotencyKey }: DepositRequest,
): Promise<Deposit | undefined> {
  const row = await tx
    .selectFrom("deposits")
    .select(["deposit_id", "asset", "amount", "created_ms"])
    .where("account_id", "=", String(accountId))
    .where("idempotency_key", "=", idempotencyKey)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { deposit_id: depositId, asset, amount, created_ms: createdMs } = row;
  return { depositId, asset, amount, createdMs: Number(createdMs) };
}

function repeatOf(first: Deposit, { asset, units }: Writing): Reply<Deposit> {
  const same = first.asset === asset && first.amount === String(units);
  return same ? { kind: "ok", value: first } : { kind: "refused", code: "IDEMPOTENCY_CONFLICT" };
}
