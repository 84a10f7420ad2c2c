/** What the bank keeps: payouts, the keys they came under, what it paid, deposits, and what it has still to tell. */

import { Database } from "bun:sqlite";

import type { PayoutAnswer, PayoutOrder } from "@exchange/wallet/bank";

export interface Payout extends PayoutOrder {
  readonly payoutId: string;
  readonly status: PayoutAnswer["status"];
  readonly reason: string;
  /** When it is paid or sent back; null when that is done. */
  readonly dueMs: number | null;
}

/** Money that left the bank. */
export interface Payment {
  readonly paymentId: number;
  readonly payoutId: string;
  readonly reference: string;
  readonly asset: string;
  readonly amount: string;
  readonly paidMs: number;
}

export interface PendingNotice {
  readonly noticeId: number;
  /** JSON text without the time of its sending. */
  readonly body: string;
  readonly tries: number;
}

export interface RememberedKey {
  readonly payoutId: string;
  readonly order: string;
}

export type BankStore = ReturnType<typeof openStore>;

const tables = `
  create table if not exists payouts (
    payoutId text primary key, reference text not null, asset text not null, amount text not null,
    destination text not null, status text not null, reason text not null, dueMs integer) strict;
  create index if not exists payoutsDue on payouts (dueMs) where dueMs is not null;
  create table if not exists keys (
    name text primary key, payoutId text not null, orderText text not null, madeMs integer not null) strict;
  create table if not exists payments (
    paymentId integer primary key, payoutId text not null, reference text not null, asset text not null,
    amount text not null, paidMs integer not null) strict;
  create table if not exists deposits (transactionId text primary key, body text not null) strict;
  create table if not exists notices (
    noticeId integer primary key, body text not null, dueMs integer not null, tries integer not null) strict;
  create index if not exists noticesDue on notices (dueMs);`;

/** `path` is a file, or `:memory:`. */
export function openStore(path: string) {
  const db = new Database(path, { create: true, strict: true });
  db.run("pragma journal_mode = wal");
  db.run("pragma synchronous = full");
  db.run(tables);
  return {
    ...payoutRows(db),
    ...keyRows(db),
    ...noticeRows(db),
    ...depositRows(db),
    /** All of the work or none of it. */
    together: <Value>(work: () => Value): Value => db.transaction(work)(),
    close: () => db.close(),
  };
}

function payoutRows(db: Database) {
  const insert = db.query(
    `insert into payouts values ($payoutId, $reference, $asset, $amount, $destination, $status, $reason, $dueMs)`,
  );
  const end = db.query(
    "update payouts set status = $status, reason = $reason, dueMs = null where payoutId = $payoutId",
  );
  const find = db.query<Payout, string>("select * from payouts where payoutId = ?");
  const due = db.query<Payout, number>(
    "select * from payouts where dueMs <= ? order by dueMs limit 100",
  );
  const pay = db.query(
    "insert into payments (payoutId, reference, asset, amount, paidMs) values ($payoutId, $reference, $asset, $amount, $paidMs)",
  );
  const payments = db.query<Payment, []>("select * from payments order by paymentId");
  return {
    addPayout: (payout: Payout): void => void insert.run({ ...payout }),
    endPayout: (payoutId: string, { status, reason }: Pick<Payout, "status" | "reason">): void =>
      void end.run({ payoutId, status, reason }),
    findPayout: (payoutId: string): Payout | undefined => find.get(payoutId) ?? undefined,
    duePayouts: (nowMs: number): Payout[] => due.all(nowMs),
    addPayment: (payment: Omit<Payment, "paymentId">): void => void pay.run({ ...payment }),
    payments: (): Payment[] => payments.all(),
  };
}

function keyRows(db: Database) {
  const insert = db.query("insert into keys values ($name, $payoutId, $order, $madeMs)");
  const find = db.query<RememberedKey, string>(
    'select payoutId, orderText as "order" from keys where name = ?',
  );
  const forget = db.query("delete from keys where madeMs <= ?");
  return {
    addKey: (key: RememberedKey & { readonly name: string; readonly madeMs: number }): void =>
      void insert.run({ ...key }),
    findKey: (name: string): RememberedKey | undefined => find.get(name) ?? undefined,
    forgetKeys: (madeMs: number): void => void forget.run(madeMs),
  };
}

function noticeRows(db: Database) {
  const insert = db.query("insert into notices (body, dueMs, tries) values ($body, $dueMs, 0)");
  const due = db.query<PendingNotice, number>(
    "select noticeId, body, tries from notices where dueMs <= ? order by dueMs limit 32",
  );
  const remove = db.query("delete from notices where noticeId = ?");
  const delay = db.query(
    "update notices set dueMs = $dueMs, tries = tries + 1 where noticeId = $noticeId",
  );
  const count = db.query<{ count: number }, []>("select count(*) as count from notices");
  return {
    addNotice: (body: object, dueMs: number): void =>
      void insert.run({ body: JSON.stringify(body), dueMs }),
    dueNotices: (nowMs: number): PendingNotice[] => due.all(nowMs),
    removeNotice: (noticeId: number): void => void remove.run(noticeId),
    delayNotice: (noticeId: number, dueMs: number): void => void delay.run({ noticeId, dueMs }),
    countNotices: (): number => count.get()?.count ?? 0,
  };
}

function depositRows(db: Database) {
  const insert = db.query("insert or ignore into deposits values ($transactionId, $body)");
  return {
    addDeposit: (transactionId: string, body: object): void =>
      void insert.run({ transactionId, body: JSON.stringify(body) }),
  };
}
