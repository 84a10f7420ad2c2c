/** The test bank's environment. */

import { withFiles } from "@exchange/streams/runtime";
import { z } from "zod";

import { usualPace } from "./rules.ts";

const Secret = z.string().min(16);
const Ms = z.coerce.number().int().min(1);

const Env = z.object({
  BANK_PORT: z.coerce.number().int().min(0).max(65_535),
  /** Where it keeps what it did. */
  BANK_STORE: z.string().min(1),
  BANK_API_KEY: Secret,
  BANK_NOTICE_SECRET: Secret,
  /** Its customer's address: the gateway's `/v1/bank/notices`. */
  BANK_NOTICE_URL: z.url(),
  BANK_PAY_MS: Ms.default(usualPace.payMs),
  BANK_SLOW_MS: Ms.default(usualPace.slowMs),
  BANK_LATE_MS: Ms.default(usualPace.lateMs),
  BANK_KEY_LIFE_MS: Ms.default(usualPace.keyLifeMs),
});

export type BankEnv = Readonly<z.infer<typeof Env>>;

export function readBankEnv(source: Record<string, string | undefined> = process.env): BankEnv {
  const parsed = Env.safeParse(withFiles(Env.shape, source));
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}
