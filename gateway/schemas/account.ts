/** Credentials, tokens and money as clients write and read them. */

import type { SecurityEventKind } from "@exchange/identity/security";
import { withdrawalStates } from "@exchange/wallet/withdrawal";
import { z } from "@hono/zod-openapi";

import { AssetName, Decimal, Label, NextCursor, TimeMs } from "./common.ts";

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

export const OldPassword = wellFormed.min(1).max(PASSWORD_LENGTH.max);

/** Six digits, or a recovery code. */
export const FactorCode = z
  .string()
  .regex(/^(?:[0-9]{6}|[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})$/)
  .openapi({
    description: "Of the second factor: six digits, good once, or a recovery code.",
    example: "287082",
  });

export const LogInBody = z
  .strictObject({
    email: Email,
    password: OldPassword,
    code: FactorCode.optional(),
  })
  .openapi("LogIn", { example: { email: "ada@example.org", password: "a long password" } });

export const ChangePasswordBody = z
  .strictObject({
    password: OldPassword,
    newPassword: wellFormed.min(PASSWORD_LENGTH.min).max(PASSWORD_LENGTH.max),
    code: FactorCode.optional(),
  })
  .openapi("ChangePassword", {
    example: { password: "a long password", newPassword: "a longer password" },
  });

export const StartTotpBody = z.strictObject({ password: OldPassword }).openapi("StartTotp");

export const StartedTotpView = z
  .strictObject({
    secret: z.string().openapi({ description: "Base32, told this once." }),
    uri: z.string().openapi({ description: "`otpauth://`, to be shown as a QR code." }),
  })
  .openapi("StartedTotp");

export const ConfirmTotpBody = z.strictObject({ code: FactorCode }).openapi("ConfirmTotp");

export const ConfirmedTotpView = z
  .strictObject({
    recoveryCodes: z.array(z.string()).openapi({ description: "Each good once, told this once." }),
  })
  .openapi("ConfirmedTotp");

export const DisableTotpBody = z
  .strictObject({ password: OldPassword, code: FactorCode })
  .openapi("DisableTotp");

export const TotpView = z
  .strictObject({
    enabled: z.boolean(),
    recoveryCodes: z.int().openapi({ description: "How many are left." }),
  })
  .openapi("Totp");

const securityEventKinds = [
  "signed-up",
  "logged-in",
  "session-ended",
  "token-reused",
  "password-changed",
  "totp-enabled",
  "totp-disabled",
  "passkey-added",
  "passkey-used",
  "passkey-removed",
  "api-key-made",
  "api-key-ended",
  "account-opened",
] as const satisfies readonly SecurityEventKind[];

export const SecurityEventsPage = z
  .strictObject({
    events: z.array(
      z.strictObject({
        id: z.string(),
        kind: z.enum(securityEventKinds),
        timeMs: TimeMs,
        network: z.string().openapi({ description: "Where it was asked for." }),
        subject: z
          .string()
          .optional()
          .openapi({ description: "The session, API key, passkey or account." }),
      }),
    ),
    nextCursor: NextCursor,
  })
  .openapi("SecurityEventsPage");

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

const Destination = z
  .string()
  .max(DESTINATION_LENGTH_MAX)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/)
  .openapi({ description: "Where the money goes: printable ASCII.", example: "iban:XX00" });

export const WithdrawalBody = z
  .strictObject({
    asset: AssetName,
    amount: Decimal,
    destination: Destination,
    code: FactorCode.optional(),
  })
  .openapi("NewWithdrawal", {
    example: { asset: "USD", amount: "12.25", destination: "iban:XX00" },
  });

const addressFields = {
  asset: AssetName,
  destination: Destination,
  label: Label.openapi({ example: "my bank" }),
} as const;

export const NewAddressBody = z.strictObject(addressFields).openapi("NewWithdrawalAddress");

export const AddressView = z
  .strictObject({
    id: z.string(),
    ...addressFields,
    addedMs: TimeMs,
    usableMs: TimeMs.openapi({ description: "When money may go there." }),
  })
  .openapi("WithdrawalAddress");

export const AddressesView = z
  .strictObject({ addresses: z.array(AddressView) })
  .openapi("WithdrawalAddresses");

export const WithdrawalView = z
  .strictObject({
    id: z.string(),
    asset: AssetName,
    amount: Decimal,
    destination: z.string(),
    state: z.enum(withdrawalStates).openapi({
      description:
        "HELD, CONFIRMED: operators look at it. RESERVED: on its way to the bank. SENT: the bank has it. SETTLED: paid. RELEASED: not paid, and available again.",
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
