/**
 * Money from one account of a user to another, at once and whole: the two balances, their entry in the ledger and the row
 * that a repeat is answered by are one transaction. Whose accounts they are, the gateway has looked at.
 */

import { inTransaction } from "@exchange/store";
import { assert } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import { sql } from "kysely";

import type { Transfer, TransferRequest } from "./api.ts";
import { readAll, writeAll } from "./bulk-sql.ts";
import { findFrozen } from "./freeze-accounts.ts";
import { parseUnits } from "./funding.ts";
import { countFrom } from "./id-blocks.ts";
import type { BalanceRow } from "./ledger-store.ts";
import { balanceLocks, ledgerWrites, toBalance } from "./ledger-store.ts";
import type { BalanceKey, LedgerBalance } from "./ledger.ts";
import { balanceOf, changedBalances, createLedger, post } from "./ledger.ts";
import type { FundingDeps } from "./move-funds.ts";
import type { Tx } from "./tables.ts";
import { untilUnique } from "./until-unique.ts";

export async function transferFunds(
  deps: FundingDeps,
  request: TransferRequest,
): Promise<Reply<Transfer>> {
  const { fromAccountId, toAccountId, asset } = request;
  assert(fromAccountId !== toAccountId, "a transfer has two accounts");
  if (deps.asset(asset) === undefined) return { kind: "refused", code: "UNKNOWN_ASSET" };
  const units = parseUnits(request.amount);
  if (units === undefined) return { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" };
  const keys = [fromAccountId, toAccountId].map((owner) => ({ owner, asset }));
  await deps.register.ensure(keys);
  const transactionId = await deps.transactionIds.reserve(1);
  const { reply, changed } = await untilUnique(
    async (attempt) =>
      await inTransaction(
        deps.db,
        async (tx) =>
          await run(tx, request, {
            units,
            keys,
            transactionId,
            nowMs: deps.nowMs(),
            looks: attempt > 1,
          }),
        { onRetry: deps.onRetry },
      ),
  );
  deps.onChanged(changed);
  return reply;
}

interface Moving {
  readonly units: bigint;
  readonly keys: readonly BalanceKey[];
  readonly transactionId: number;
  readonly nowMs: number;
  /** Whether something stands under the key. */
  readonly looks: boolean;
}

interface Moved {
  readonly reply: Reply<Transfer>;
  readonly changed: readonly LedgerBalance[];
}

async function run(tx: Tx, request: TransferRequest, moving: Moving): Promise<Moved> {
  const { fromAccountId, toAccountId, asset, amount } = request;
  const { units, keys, transactionId, nowMs, looks } = moving;
  // Both at once and in the ledger's order, whichever way the money goes: two that cross wait and do not lock each other out.
  const rows = await readAll<BalanceRow>(tx, balanceLocks(keys));
  assert(rows.length === keys.length, "the balances of a transfer are not there");
  const first = looks ? await answerFirst(tx, request) : undefined;
  if (first !== undefined) return { reply: first, changed: [] };
  const { mainAccountId } = request;
  const frozen = await findFrozen(tx, [mainAccountId, fromAccountId, toAccountId]);
  if (frozen.length > 0) {
    const refused = { kind: "refused", code: "ACCOUNT_FROZEN" } as const;
    return { reply: (await answerFirst(tx, request)) ?? refused, changed: [] };
  }
  if (!(await takeAvailable(tx, request, units))) {
    const refused = { kind: "refused", code: "INSUFFICIENT_FUNDS" } as const;
    return { reply: (await answerFirst(tx, request)) ?? refused, changed: [] };
  }
  const { insertId } = await tx
    .insertInto("account_transfers")
    .values({
      main_account_id: request.mainAccountId,
      from_account_id: fromAccountId,
      to_account_id: toAccountId,
      asset,
      amount: units,
      idempotency_key: request.idempotencyKey,
      created_ms: nowMs,
    })
    .executeTakeFirstOrThrow();
  const transferId = String(insertId);
  const ledger = createLedger(rows.map(toBalance), countFrom(transactionId));
  post(ledger, {
    reason: "transfer",
    reference: transferId,
    timeMs: nowMs,
    changes: [
      { balance: balanceOf(ledger, fromAccountId, asset), available: -units, held: 0n },
      { balance: balanceOf(ledger, toAccountId, asset), available: units, held: 0n },
    ],
  });
  await writeAll(tx, [...ledgerWrites(ledger), { text: "commit" }]);
  const value = { transferId, fromAccountId, toAccountId, asset, amount, createdMs: nowMs };
  return { reply: { kind: "ok", value }, changed: changedBalances(ledger) };
}

/** The conditional update decides, not what was read before it. The ledger then writes the same value with its version. */
async function takeAvailable(
  tx: Tx,
  { fromAccountId, asset }: TransferRequest,
  units: bigint,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update balances set available = available - ${units}
    where account_id = ${fromAccountId} and asset = ${asset} and available >= ${units}`.execute(tx);
  return numAffectedRows === 1n;
}

/** What an earlier request under this key is answered; undefined when there was none. */
async function answerFirst(
  tx: Tx,
  { mainAccountId, fromAccountId, toAccountId, asset, amount, idempotencyKey }: TransferRequest,
): Promise<Reply<Transfer> | undefined> {
  const row = await tx
    .selectFrom("account_transfers")
    .selectAll()
    .where("main_account_id", "=", String(mainAccountId))
    .where("idempotency_key", "=", idempotencyKey)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const value = {
    transferId: row.transfer_id,
    fromAccountId: Number(row.from_account_id),
    toAccountId: Number(row.to_account_id),
    asset: row.asset,
    amount: row.amount,
    createdMs: Number(row.created_ms),
  };
  const isSame =
    value.fromAccountId === fromAccountId &&
    value.toAccountId === toAccountId &&
    value.asset === asset &&
    value.amount === amount;
  return isSame ? { kind: "ok", value } : { kind: "refused", code: "IDEMPOTENCY_CONFLICT" };
}
