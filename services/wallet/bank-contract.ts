/** What the wallet and a bank say to each other, so that both read the same and sign the same. */

import { createHmac, timingSafeEqual } from "node:crypto";

import { ASSET_ID_PATTERN } from "@exchange/streams/contract";
import { z } from "zod";

/** A bank's own names for things. */
const BankId = z.string().regex(/^[A-Za-z0-9_.:-]{1,64}$/);
const Reason = z.string().max(400);

/** `POST /v1/payouts`, with the header `idempotency-key`. */
export const PayoutOrder = z.strictObject({
  /** The payer's own name for it. */
  reference: BankId,
  asset: z.string().regex(ASSET_ID_PATTERN),
  /** A decimal, as fine as the asset is paid out. */
  amount: z.string(),
  destination: z.string().max(256),
});
export type PayoutOrder = z.infer<typeof PayoutOrder>;

/** What the bank answers it with, and `GET /v1/payouts/{payoutId}`. */
export const PayoutAnswer = z.discriminatedUnion("status", [
  z.object({ status: z.literal("accepted"), payoutId: BankId }),
  z.object({ status: z.literal("executed"), payoutId: BankId }),
  z.object({ status: z.literal("rejected"), payoutId: BankId, reason: Reason }),
]);
export type PayoutAnswer = z.infer<typeof PayoutAnswer>;

const sentMs = z.int().positive();

/** What a bank tells by itself. */
export const BankNotice = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("deposit"),
    /** Names the deposit for ever, however often it is told of. */
    transactionId: BankId,
    /** Whom the payer named. */
    accountId: z.int().positive(),
    asset: z.string().regex(ASSET_ID_PATTERN),
    amount: z.string(),
    sentMs,
  }),
  z.object({
    kind: z.literal("payout"),
    /** The payer's name for it. */
    reference: BankId,
    payout: PayoutAnswer,
    sentMs,
  }),
]);
export type BankNotice = z.infer<typeof BankNotice>;

/** HMAC-SHA256 in hex. */
export function signNotice(payload: string, secret: string): string {
  return createHmac("sha256", secret).update(payload).digest("hex");
}

export function isSignedBy(payload: string, signature: string, secret: string): boolean {
  const given = Buffer.from(signature, "hex");
  const expected = Buffer.from(signNotice(payload, secret), "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
