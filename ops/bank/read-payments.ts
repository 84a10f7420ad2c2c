/** The bank's statement, for whoever compares it with the ledger. */

import { assert, parseDecimal } from "@exchange/streams/contract";
import { z } from "zod";

import type { BankPayment } from "../audit/ledger/withdrawal-checks.ts";

const CALL_LIMIT_MS = 10_000;

const Statement = z.object({
  payments: z.array(z.object({ reference: z.string(), asset: z.string(), amount: z.string() })),
});

export interface StatementAccess {
  readonly url: string;
  readonly apiKey: string;
  /** Digits of an asset's smallest unit. */
  readonly scaleOf: (asset: string) => number;
}

export async function readPayments({
  url,
  apiKey,
  scaleOf,
}: StatementAccess): Promise<BankPayment[]> {
  const response = await fetch(`${url}/v1/payments`, {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(CALL_LIMIT_MS),
  });
  const { payments } = Statement.parse(await response.json());
  return payments.map(({ reference, asset, amount }) => {
    const units = parseDecimal(amount, scaleOf(asset));
    assert(typeof units !== "string", `the bank paid ${amount} ${asset}`);
    return { reference, asset, amount: units };
  });
}
