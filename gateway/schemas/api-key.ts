/** API keys as clients write and read them. */

import type { ApiKeyAlgorithm, ApiKeyScope } from "@exchange/identity/api-keys";
import { z } from "@hono/zod-openapi";

import { FactorCode } from "./account.ts";
import { Decimal, Label, MarketName, TimeMs } from "./common.ts";
import { AccountNumber } from "./sub-account.ts";

const algorithms = ["ed25519", "hmac-sha256"] as const satisfies readonly ApiKeyAlgorithm[];
const scopes = ["read", "trade", "withdraw"] as const satisfies readonly ApiKeyScope[];
const NETWORKS_MAX = 20;
const MARKETS_MAX = 50;
const OPEN_ORDERS_MAX = 1_000_000;

const Network = z
  .union([z.ipv4(), z.cidrv4(), z.ipv6(), z.cidrv6()])
  .openapi({ type: "string", example: "192.0.2.0/24" });

const MarketLimits = z.strictObject({
  market: MarketName,
  quantityMax: Decimal.optional().openapi({ description: "Of one order, in base units." }),
  notionalMax: Decimal.optional().openapi({
    description: "Price times quantity, or the budget, of one order, in quote units.",
  }),
  openOrdersMax: z.int().min(1).max(OPEN_ORDERS_MAX).optional().openapi({
    description:
      "Of the key's orders in one account; one more is refused with TOO_MANY_KEY_ORDERS.",
  }),
});

const terms = {
  label: Label.openapi({ example: "market maker, rack 4" }),
  algorithm: z.enum(algorithms).openapi({
    description: "`ed25519` is better: the exchange then holds nothing to sign with.",
  }),
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
  networks: z
    .array(Network)
    .max(NETWORKS_MAX)
    .optional()
    .openapi({ description: "Where it may be used from; anywhere when absent." }),
  markets: z.array(MarketLimits).min(1).max(MARKETS_MAX).optional().openapi({
    description:
      "Where it may trade; anywhere and without limits when absent. An order whose worth cannot be told beforehand is beyond a limit.",
  }),
} as const;

const KeyAccount = z.union([AccountNumber, z.literal("all")]).openapi({
  description:
    "The account that it is bound to, or `all` of the user's, also those opened later: it then names one by `account`.",
});

export const NewApiKeyBody = z
  .strictObject({
    ...terms,
    account: KeyAccount.optional(),
    publicKey: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .optional()
      .openapi({ description: "With `ed25519`: its 32 bytes in base64url." }),
    code: FactorCode.optional(),
  })
  .openapi("NewApiKey", {
    example: { label: "reader", algorithm: "hmac-sha256", scopes: ["read"] },
  });

const ApiKeyView = z
  .strictObject({
    id: z.string(),
    account: KeyAccount,
    ...terms,
    createdMs: TimeMs,
    usedMs: TimeMs.optional(),
    usedFrom: z.string().optional(),
    tooOldToWithdraw: z.literal(true).optional().openapi({
      description: "Made before the second factor was: it reads and trades, and withdraws nothing.",
    }),
  })
  .openapi("ApiKey");

export const CreatedApiKeyView = z
  .strictObject({
    key: ApiKeyView,
    secret: z.string().optional().openapi({
      description: "With `hmac-sha256`: base64url of 32 bytes, told this once.",
    }),
  })
  .openapi("CreatedApiKey");

export const ApiKeysView = z.strictObject({ keys: z.array(ApiKeyView) }).openapi("ApiKeys");
