/** Credentials, tokens and money as clients write and read them. */

import { withdrawalStates } from "@exchange/wallet/withdrawal";
import { z } from "@hono/zod-openapi";

import { AssetName, Decimal, NextCursor, TimeMs } from "./common.ts";

const EMAIL_LENGTH_MAX = 254;
const PASSWORD_LENGTH = { min: 8, max: 128 } as const;
const TOKEN_LENGTH_MAX = 256;
const DESTINATION_LENGTH_MAX = 128;

/** ASCII on purpose: two addresses that look alike are then one address. */
const EMAIL_PATTERN =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/;

const Email = z
  .string()
  .max(EMAIL_LENGTH_MAX)
  .regex(EMAIL_PATTERN)
  .openapi({ format: "email", example: "ada@example.org" });

/** A lone surrogate would be hashed as another character. */
const wellFormed = z.string().refine((text) => text.isWellFormed(), {
  params: { code: "BAD_FORMAT" },
});

export const SignUpBody = z
  .strictObject({
    email: Email,
    password: wellFormed.min(PASSWORD_LENGTH.min).max(PASSWORD_LENGTH.max),
  })
  .openapi("SignUp");

export const LogInBody = z
  .strictObject({
    email: Email,
    password: wellFormed.min(1).max(PASSWORD_LENGTH.max),
  })
  .openapi("LogIn");

export const RefreshBody = z
  .strictObject({ refreshToken: z.string().min(1).max(TOKEN_LENGTH_MAX) })
  .openapi("Refresh");

export const RegisteredView = z
  .strictObject({ userId: z.string(), accountId: z.int() })
  .openapi("Registered");

export const TokenPairView = z
  .strictObject({
    accessToken: z.string().openapi({ description: "`Authorization: Bearer <accessToken>`" }),
    tokenType: z.literal("Bearer"),
    expiresInSeconds: z.int(),
    refreshToken: z.string().openapi({ description: "Good for one refresh." }),
    refreshExpiresInSeconds: z.int(),
  })
  .openapi("TokenPair");

export const SessionsView = z
  .strictObject({
    sessions: z.array(
      z.strictObject({
        id: z.string(),
        current: z.boolean().openapi({ description: "The one that asks." }),
        network: z.string().openapi({ description: "Where its login came from." }),
        createdMs: TimeMs,
        seenMs: TimeMs.openapi({ description: "Its login or its last refresh." }),
        expiresMs: TimeMs,
      }),
    ),
  })
  .openapi("Sessions");

export const EndedSessionsView = z.strictObject({ ended: z.int() }).openapi("EndedSessions");

export const BalancesView = z
  .strictObject({
    balances: z.array(z.strictObject({ asset: AssetName, available: Decimal, held: Decimal })),
  })
  .openapi("Balances");

export const DepositBody = z
  .strictObject({ asset: AssetName, amount: Decimal })
  .openapi("NewDeposit");

export const DepositView = z
  .strictObject({ id: z.string(), asset: AssetName, amount: Decimal, createdMs: TimeMs })
  .openapi("Deposit");

export const WithdrawalBody = z
  .strictObject({
    asset: AssetName,
    amount: Decimal,
    destination: z
      .string()
      .max(DESTINATION_LENGTH_MAX)
      .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/)
      .openapi({ description: "Where the money goes: printable ASCII.", example: "iban:XX00" }),
  })
  .openapi("NewWithdrawal");

export const WithdrawalView = z
  .strictObject({
    id: z.string(),
    asset: AssetName,
    amount: Decimal,
    destination: z.string(),
    state: z.enum(withdrawalStates).openapi({
      description:
        "RESERVED: on its way to the bank. SENT: the bank has it. SETTLED: paid. RELEASED: not paid, and available again.",
    }),
    createdMs: TimeMs,
  })
  .openapi("Withdrawal");

export const WithdrawalsPage = z
  .strictObject({ withdrawals: z.array(WithdrawalView), nextCursor: NextCursor })
  .openapi("WithdrawalsPage");

const NOTICE_LENGTH = { min: 2, max: 4096 } as const;

export const BankNoticeBody = z
  .strictObject({
    payload: wellFormed.min(NOTICE_LENGTH.min).max(NOTICE_LENGTH.max).openapi({
      description: "JSON text, as it was signed.",
    }),
    signature: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .openapi({ description: "HMAC-SHA256 of the payload, in hex." }),
  })
  .openapi("BankNotice");

export const BankReceiptView = z
  .strictObject({ result: z.literal("noted") })
  .openapi("BankReceipt");
