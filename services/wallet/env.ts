/** The wallet's environment, read once. */

import { runtimeEnvShape, withFiles } from "@exchange/streams/runtime";
import { z } from "zod";

const Secret = z.string().min(16);

const Env = z
  .object({
    ...runtimeEnvShape,
    /** With the database: `mysql://user:password@host:port/exchange_wallet`. */
    MYSQL_URL: z.string().min(1),
    /** One for holds, one for each market that settles at the same time, the rest for requests. */
    MYSQL_CONNECTIONS_MAX: z.coerce.number().int().min(4).max(200).default(16),
    /** Whether anybody may credit an account with money that does not exist. */
    TEST_FUNDS: z.enum(["on", "off"]).default("off"),
    /** For locks on withdrawals, which go on without it. */
    REDIS_URL: z.string().min(1).optional(),
    WITHDRAWAL_LOCK_TTL_MS: z.coerce.number().int().min(1).max(60_000).default(5000),
    /** Before money may go to a new address; 0: it may go to any. */
    WITHDRAWAL_ADDRESS_WAIT_S: z.coerce.number().int().min(0).max(31_536_000).default(86_400),
    /** Without withdrawals, after the password or the second factor was changed. */
    WITHDRAWAL_FREEZE_S: z.coerce.number().int().min(0).max(31_536_000).default(86_400),
    /** How old the login of a session may be that withdraws. */
    WITHDRAWAL_LOGIN_AGE_S: z.coerce.number().int().min(1).max(31_536_000).default(43_200),
    /** `required`: who has no second factor withdraws nothing. Who has one is asked for a code in any case. */
    WITHDRAWAL_SECOND_FACTOR: z.enum(["optional", "required"]).default("optional"),
    /** Without one withdrawals stay reserved. */
    BANK_URL: z.url().optional(),
    BANK_API_KEY: Secret.optional(),
    /** With which the bank signs its notices. */
    BANK_NOTICE_SECRET: Secret.optional(),
    BANK_CALL_LIMIT_MS: z.coerce.number().int().min(50).max(60_000).default(5000),
    /** How long the bank remembers an idempotency key, by its own word. */
    BANK_KEY_LIFE_MS: z.coerce.number().int().min(1000).default(86_400_000),
  })
  .refine(hasWholeBank, "BANK_URL, BANK_API_KEY and BANK_NOTICE_SECRET go together");

function hasWholeBank(env: {
  readonly BANK_URL?: string | undefined;
  readonly BANK_API_KEY?: string | undefined;
  readonly BANK_NOTICE_SECRET?: string | undefined;
}): boolean {
  const given = [env.BANK_URL, env.BANK_API_KEY, env.BANK_NOTICE_SECRET];
  return new Set(given.map((value) => value === undefined)).size === 1;
}

export type Env = Readonly<z.infer<typeof Env>>;

/** Throws with every problem at once. */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const parsed = Env.safeParse(withFiles(Env.shape, source));
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}
