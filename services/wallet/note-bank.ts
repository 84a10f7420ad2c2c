/** A bank's signed notice: money that came in, or what became of a payout. Each may come twice, late and in any order. */

import type { AssetDefinition } from "@exchange/streams/contract";
import { parseDecimal, unreachable } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { NoticeReceipt, SignedNotice } from "./api.ts";
import { toWord } from "./bank-client.ts";
import { BankNotice, isSignedBy } from "./bank-contract.ts";
import { creditDeposit } from "./credit-deposit.ts";
import type { FundingDeps } from "./move-funds.ts";
import { progressWithdrawal } from "./progress-withdrawal.ts";
import type { PayoutTiming } from "./withdrawal.ts";
import { BankContradiction, decideWord } from "./withdrawal.ts";

/** How old a notice may be by its own word, so that one which leaked cannot be brought up for ever. */
const NOTICE_AGE_MAX_MS = 300_000;

export interface NoteBankDeps extends FundingDeps {
  /** Undefined where no bank is configured. */
  readonly noticeSecret: string | undefined;
  readonly timing: PayoutTiming;
  /** Something that a person has to look at. */
  readonly alarm: (what: string, about: object) => void;
}

type Refusal = Extract<Reply<never>, { readonly kind: "refused" }>;

export async function noteBank(
  deps: NoteBankDeps,
  { payload, signature }: SignedNotice,
): Promise<Reply<NoticeReceipt>> {
  const { noticeSecret } = deps;
  if (noticeSecret === undefined) return { kind: "refused", code: "NO_BANK" };
  if (!isSignedBy(payload, signature, noticeSecret)) {
    return { kind: "refused", code: "BAD_SIGNATURE" };
  }
  const parsed = BankNotice.safeParse(parseJson(payload));
  if (!parsed.success || Math.abs(deps.nowMs() - parsed.data.sentMs) > NOTICE_AGE_MAX_MS) {
    return { kind: "refused", code: "BAD_NOTICE" };
  }
  const notice = parsed.data;
  switch (notice.kind) {
    case "deposit":
      return await noteDeposit(deps, notice);
    case "payout":
      return await notePayout(deps, notice);
    default:
      return unreachable(notice);
  }
}

async function noteDeposit(
  deps: NoteBankDeps,
  notice: Extract<BankNotice, { readonly kind: "deposit" }>,
): Promise<Reply<NoticeReceipt>> {
  const { transactionId, accountId, asset } = notice;
  const units = readUnits(deps.asset(asset), notice.amount);
  if (units === undefined) {
    // The bank has money that we cannot book: it tells again until somebody has listed the asset or called it.
    deps.alarm("a deposit cannot be booked", { transactionId, asset });
    return { kind: "refused", code: "BAD_NOTICE" };
  }
  const name = { bankTransactionId: transactionId };
  const credited = await creditDeposit(deps, { accountId, asset, units, name });
  if (credited.kind === "ok") return noted;
  deps.alarm("a deposit was refused", { transactionId, code: credited.code });
  return conflict;
}

async function notePayout(
  deps: NoteBankDeps,
  { reference, payout }: Extract<BankNotice, { readonly kind: "payout" }>,
): Promise<Reply<NoticeReceipt>> {
  const { timing } = deps;
  try {
    const found = await progressWithdrawal(deps, {
      name: { payoutKey: reference },
      actor: "bank",
      decide: (stored, nowMs) => decideWord(stored, toWord(payout), { nowMs, timing }),
    });
    if (found !== undefined) return noted;
    deps.alarm("the bank tells of a payout that nobody asked for", { reference });
  } catch (error) {
    if (!(error instanceof BankContradiction)) throw error;
    deps.alarm(error.message, { reference });
  }
  return conflict;
}

function readUnits(asset: AssetDefinition | undefined, amount: string): bigint | undefined {
  if (asset === undefined) return undefined;
  const units = parseDecimal(amount, asset.scale);
  return typeof units === "string" || units === 0n ? undefined : units;
}

const noted: Reply<NoticeReceipt> = { kind: "ok", value: { result: "noted" } };
const conflict: Refusal = { kind: "refused", code: "NOTICE_CONFLICT" };

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
