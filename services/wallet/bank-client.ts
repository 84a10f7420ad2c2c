/** Asking a bank. Only its own definite word is one; anything else, whatever it looks like, is unknown. */

import type { PayoutOrder } from "./bank-contract.ts";
import { PayoutAnswer } from "./bank-contract.ts";
import type { BankWord } from "./withdrawal.ts";

export interface BankAccess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly apiKey: string;
}

export interface BankClient {
  /** Asks for a payout, for the first time or again: the key says that it is one. */
  submit(key: string, order: PayoutOrder): Promise<BankWord>;
  /** What became of a payout that the bank took. */
  look(payoutId: string): Promise<BankWord>;
}

interface Asked {
  readonly method?: "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer is some hundred bytes; more is no answer. */
const ANSWER_BYTES_MAX = 16 * 1024;

export function createBankClient({ url, apiKey }: BankAccess, callLimitMs: number): BankClient {
  async function ask(path: string, init: Asked): Promise<BankWord> {
    try {
      const response = await fetch(`${url}${path}`, {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${apiKey}` },
        redirect: "manual",
        signal: AbortSignal.timeout(callLimitMs),
      });
      const text = await response.text();
      return readWord(response.status, text);
    } catch (error) {
      return { kind: "unknown", why: error instanceof Error ? error.name : "no answer" };
    }
  }
  return {
    submit: async (key, order) =>
      await ask("/v1/payouts", {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(order),
      }),
    look: async (payoutId) => await ask(`/v1/payouts/${encodeURIComponent(payoutId)}`, {}),
  };
}

/** Statuses with which the bank speaks for good, and what they may say. */
const definite: Readonly<Record<number, readonly PayoutAnswer["status"][]>> = {
  200: ["accepted", "executed", "rejected"],
  201: ["accepted", "executed"],
  422: ["rejected"],
};

/** A refusal of the request (401, 404, 409, 429 and the like) says nothing of the payout that it may be the second request for. */
export function readWord(status: number, text: string): BankWord {
  const unknown = { kind: "unknown", why: `status ${status}` } as const;
  const statuses = definite[status];
  if (statuses === undefined || text.length > ANSWER_BYTES_MAX) return unknown;
  const parsed = PayoutAnswer.safeParse(parseJson(text));
  if (!parsed.success || !statuses.includes(parsed.data.status)) return unknown;
  return toWord(parsed.data);
}

export function toWord(answer: PayoutAnswer): BankWord {
  return answer.status === "rejected"
    ? { kind: "rejected", reason: answer.reason }
    : { kind: answer.status, payoutId: answer.payoutId };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
