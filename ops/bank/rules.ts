/** What the bank does with what it is asked, faults included. */

import { randomBytes } from "node:crypto";

import type { PayoutAnswer, PayoutOrder } from "@exchange/wallet/bank";

import type { Fault } from "./faults.ts";
import { faultsOf } from "./faults.ts";
import type { BankStore, Payment, Payout } from "./store.ts";

/** All in ms. */
export interface BankPace {
  /** From taking a payout to paying it. */
  readonly payMs: number;
  readonly slowMs: number;
  /** How late it tells where it tells late or backwards. */
  readonly lateMs: number;
  /** How long it remembers a key. */
  readonly keyLifeMs: number;
}

export const usualPace: BankPace = {
  payMs: 200,
  slowMs: 30_000,
  lateMs: 20_000,
  keyLifeMs: 86_400_000,
};

export type Reply =
  | { readonly kind: "answer"; readonly status: 200 | 201 | 422; readonly body: PayoutAnswer }
  | { readonly kind: "problem"; readonly status: 409 | 500; readonly code: string }
  | { readonly kind: "silence" }
  /** Answers when it is over. */
  | { readonly kind: "wait"; readonly ms: number; readonly reply: () => Reply };

export interface IncomingMoney {
  readonly transactionId: string;
  readonly accountId: number;
  readonly asset: string;
  readonly amount: string;
  readonly faults: ReadonlySet<Fault>;
}

export class Bank {
  readonly #store: BankStore;
  readonly #pace: BankPace;
  readonly #nowMs: () => number;

  constructor(store: BankStore, pace: BankPace, nowMs: () => number) {
    this.#store = store;
    this.#pace = pace;
    this.#nowMs = nowMs;
  }

  /** Without a key every call is a payout of its own. */
  submit(key: string | undefined, order: PayoutOrder): Reply {
    this.#store.forgetKeys(this.#nowMs() - this.#pace.keyLifeMs);
    const known = key === undefined ? undefined : this.#store.findKey(key);
    if (known !== undefined && known.order !== JSON.stringify(order)) {
      return { kind: "problem", status: 409, code: "KEY_OF_ANOTHER" };
    }
    const made = known === undefined ? undefined : this.#store.findPayout(known.payoutId);
    return made === undefined ? this.#first(key, order) : this.#repeated(made);
  }

  look(payoutId: string): PayoutAnswer | undefined {
    const payout = this.#store.findPayout(payoutId);
    return payout === undefined ? undefined : answerOf(payout);
  }

  deposit({ faults, ...money }: IncomingMoney): void {
    const body = { kind: "deposit", ...money };
    const dueMs = this.#nowMs() + (faults.has("told-late") ? this.#pace.lateMs : 0);
    this.#store.together(() => {
      this.#store.addDeposit(money.transactionId, body);
      this.#store.addNotice(body, dueMs);
      if (faults.has("told-twice")) this.#store.addNotice(body, dueMs);
    });
  }

  /** Pays what is due. */
  turn(): void {
    for (const payout of this.#store.duePayouts(this.#nowMs())) this.#end(payout);
  }

  payments(): Payment[] {
    return this.#store.payments();
  }

  #first(key: string | undefined, order: PayoutOrder): Reply {
    const found = faultsOf(order.destination);
    if (found.has("lose")) return { kind: "problem", status: 500, code: "INTERNAL" };
    const { payoutId } = this.#take(key, order, found);
    if (found.has("slow")) {
      return { kind: "wait", ms: this.#pace.slowMs, reply: () => this.#said(payoutId, 201) };
    }
    if (found.has("hang") || found.has("mute")) return { kind: "silence" };
    if (found.has("error")) return { kind: "problem", status: 500, code: "INTERNAL" };
    return this.#said(payoutId, 201);
  }

  #repeated(payout: Payout): Reply {
    const found = faultsOf(payout.destination);
    if (found.has("mute")) return { kind: "silence" };
    const isWorking = found.has("slow") && payout.status === "accepted";
    return isWorking
      ? { kind: "problem", status: 409, code: "IN_PROGRESS" }
      : this.#said(payout.payoutId, 200);
  }

  #said(payoutId: string, status: 200 | 201): Reply {
    const body = this.look(payoutId);
    if (body === undefined) return { kind: "problem", status: 500, code: "INTERNAL" };
    return { kind: "answer", status: body.status === "rejected" ? 422 : status, body };
  }

  #take(key: string | undefined, order: PayoutOrder, found: ReadonlySet<Fault>): Payout {
    const madeMs = this.#nowMs();
    const payoutId = `p-${randomBytes(8).toString("hex")}`;
    const payMs = found.has("slow") ? this.#pace.slowMs : this.#pace.payMs;
    const isRefused = found.has("refuse");
    const payout: Payout = {
      ...order,
      payoutId,
      status: isRefused ? "rejected" : "accepted",
      reason: isRefused ? "the destination takes nothing" : "",
      dueMs: isRefused ? null : madeMs + payMs,
    };
    this.#store.together(() => {
      this.#store.addPayout(payout);
      if (key !== undefined) {
        this.#store.addKey({ name: key, payoutId, order: JSON.stringify(order), madeMs });
      }
      const backwardsMs = found.has("told-backwards") ? payMs + this.#pace.lateMs : 0;
      this.#tell(payout, found, madeMs + backwardsMs);
    });
    return payout;
  }

  #end(payout: Payout): void {
    const found = faultsOf(payout.destination);
    const paidMs = this.#nowMs();
    const isPaid = !found.has("return");
    const outcome = {
      status: isPaid ? "executed" : "rejected",
      reason: isPaid ? "" : "the money came back",
    } as const;
    const { payoutId, reference, asset, amount } = payout;
    this.#store.together(() => {
      this.#store.endPayout(payoutId, outcome);
      if (isPaid) this.#store.addPayment({ payoutId, reference, asset, amount, paidMs });
      this.#tell({ ...payout, ...outcome }, found, paidMs);
    });
  }

  #tell(payout: Payout, found: ReadonlySet<Fault>, atMs: number): void {
    if (found.has("untold") || found.has("mute")) return;
    const body = { kind: "payout", reference: payout.reference, payout: answerOf(payout) };
    const dueMs = found.has("told-late") ? atMs + this.#pace.lateMs : atMs;
    this.#store.addNotice(body, dueMs);
    if (found.has("told-twice")) this.#store.addNotice(body, dueMs);
  }
}

function answerOf({ payoutId, status, reason }: Payout): PayoutAnswer {
  return status === "rejected" ? { status, payoutId, reason } : { status, payoutId };
}
