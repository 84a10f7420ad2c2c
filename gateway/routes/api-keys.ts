/** Making, showing and ending API keys. Only a session may, so that no key makes another one. */

import type {
  ApiKeySummary,
  CreateApiKeyRequest,
  EndedApiKey,
  KeyMarketLimits,
} from "@exchange/identity/api-keys";
import { parseBudget, parseQty } from "@exchange/streams/contract";
import { z } from "@hono/zod-openapi";

import type { Markets, ServiceOutcome, Services } from "../deps.ts";
import { answerWith, problem, refusal, success } from "../http/answer.ts";
import { chooseAccount } from "../http/chosen-account.ts";
import type { FieldError, FieldErrorCode, Parsed } from "../http/field-error.ts";
import { fieldError } from "../http/field-error.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import type { Reader } from "../http/reader.ts";
import { createReader, noBody, noHeaders, noPath, noQuery, parseFields } from "../http/reader.ts";
import { ApiKeysView, CreatedApiKeyView, NewApiKeyBody } from "../schemas/api-key.ts";
import { refuseFrozen } from "./refuse-frozen.ts";

export const apiKeyDescription = `The key's id. With it \`X-Api-Time\`, milliseconds since 1970, at most 5 s off;
\`X-Api-Nonce\`, 16 to 64 of \`A-Za-z0-9_-\`, never sent before; and \`X-Api-Signature\`, base64url, over six lines joined by a
line feed: method, path, query without \`?\`, time, nonce, and the SHA-256 of the body in hex.`;

/**
 * No order of a key that ended comes later where all is well: gateways hear of the end within a second or take none, and the
 * order service hands one to the log within another. One that waits for its log there is for the order service to cancel.
 */
const SECOND_CANCEL_MS = 2500;

const plain = { tag: "auth", scope: "session", query: noQuery, headers: noHeaders } as const;
const serviceProblems = ["UNAVAILABLE", "OUTCOME_UNKNOWN"] as const;

export function mountApiKeys(router: Router): void {
  mountMaking(router);
  mountList(router);
  mountEnding(router);
}

function mountMaking(router: Router): void {
  const { services, markets } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      method: "post",
      path: "/v1/api-keys",
      summary: "Make an API key",
      description:
        "What it may do never changes: make another one and end this one. Where there is a second factor, its code is needed for a key that may withdraw.",
      limit: "auth",
      pathFields: noPath,
      body: createKeyReader(markets),
      successes: { 201: { description: "Made.", schema: CreatedApiKeyView } },
      problems: [
        "UNKNOWN_MARKET",
        "UNKNOWN_ACCOUNT",
        "TOO_MANY_API_KEYS",
        "ACCOUNT_FROZEN",
        "BAD_PUBLIC_KEY",
        "TOTP_REQUIRED",
        "INVALID_TOTP",
        "TOO_MANY_ATTEMPTS",
        ...serviceProblems,
      ],
    },
    async ({ identity, body: { account, ...body }, network, traceparent }) => {
      const { userId } = identity;
      const accountId = account ?? identity.accountId;
      const chosen = await chooseAccount(router.deps, identity, accountId);
      if (chosen.kind === "problem") return chosen;
      const frozen = await refuseFrozen(services, [identity.accountId, accountId], traceparent);
      if (frozen !== undefined) return frozen;
      const wish = { userId, accountId, network: network(), ...body };
      return answerWith(
        await services.createApiKey(wish, traceparent),
        "write",
        ({ key, secret }) => success(201, { key: viewKey(key), secret }),
      );
    },
  );
}

function mountList(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      method: "get",
      path: "/v1/api-keys",
      summary: "The user's API keys",
      limit: "reads",
      pathFields: noPath,
      body: noBody,
      successes: { 200: { description: "Newest first.", schema: ApiKeysView } },
      problems: ["UNAVAILABLE"],
    },
    async ({ identity: { userId }, traceparent }) =>
      answerWith(await services.listApiKeys({ userId }, traceparent), "read", (keys) =>
        success(200, { keys: keys.map(viewKey) }),
      ),
  );
}

function mountEnding(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      method: "delete",
      path: "/v1/api-keys/{id}",
      summary: "End an API key and cancel its orders",
      description:
        "The key is dead at once; after any other answer than 204 repeat it for the orders.",
      limit: "orders",
      pathFields: createReader(
        "path",
        z.strictObject({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) }),
      ),
      body: noBody,
      successes: { 204: { description: "Ended, and no order of it is open." } },
      problems: ["UNKNOWN_API_KEY", "OVERLOADED", "LOG_FULL", ...serviceProblems],
    },
    async ({ identity: { userId }, path: { id: keyId }, network, traceparent }) => {
      const ended = await services.endApiKey({ userId, keyId, network: network() }, traceparent);
      if (ended.kind !== "ok") return refusal(ended, "write");
      let isComplete = false;
      for (const delayMs of [0, SECOND_CANCEL_MS]) {
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        const cancelled = await cancelOrdersOf(services, { userId, ...ended.value }, traceparent);
        if (cancelled.kind !== "cancelled") return refusal(cancelled, "write");
        ({ isComplete } = cancelled);
      }
      // The key has ended; whether every order has is for a repeat to say.
      return isComplete ? success(204) : problem("OUTCOME_UNKNOWN");
    },
  );
}

interface EndedKey extends EndedApiKey {
  readonly userId: string;
}

type Cancelled =
  | { readonly kind: "cancelled"; readonly isComplete: boolean }
  | Exclude<ServiceOutcome<never>, { readonly kind: "ok" }>;

/** In each account that the key could speak for by now. The order service knows of all ends before one is waited for. */
async function cancelOrdersOf(
  services: Services,
  { userId, accountId: own, allAccounts, keyNumber: sessionId }: EndedKey,
  traceparent: string | undefined,
): Promise<Cancelled> {
  const listed = allAccounts ? await services.listAccounts({ userId }, traceparent) : undefined;
  if (listed !== undefined && listed.kind !== "ok") return listed;
  const accountIds = listed?.value.map(({ accountId }) => accountId) ?? [own];
  let isComplete = true;
  for (const accountId of accountIds) {
    const noted = await services.endOrderSession({ accountId, sessionId }, traceparent);
    if (noted.kind !== "ok") return noted;
  }
  for (const accountId of accountIds) {
    const cancelled = await services.cancelAllOrders({ accountId, sessionId }, traceparent);
    if (cancelled.kind !== "ok") return cancelled;
    isComplete &&= cancelled.value.markets.every(({ complete }) => complete);
  }
  return { kind: "cancelled", isComplete };
}

interface KeyInput extends Omit<CreateApiKeyRequest, "userId" | "accountId"> {
  /** The main one when undefined. */
  readonly account: number | undefined;
}

function createKeyReader(markets: Markets): Reader<KeyInput> {
  return {
    schema: NewApiKeyBody,
    read(raw): Parsed<KeyInput> {
      const shape = parseFields("body", NewApiKeyBody, raw);
      if (shape.kind === "invalid") return shape;
      const { markets: wished, networks = [], scopes, ...rest } = shape.value;
      const { publicKey, label, algorithm, code, account } = rest;
      const errors: FieldError[] = [];
      if (publicKey === undefined && algorithm === "ed25519") {
        errors.push(fieldError("body", "publicKey", "REQUIRED"));
      }
      if (publicKey !== undefined && algorithm !== "ed25519") {
        errors.push(fieldError("body", "publicKey", "NOT_ALLOWED"));
      }
      const limits = wished?.map((one, index) => readLimits(one, { index, markets, errors }));
      if (errors.length > 0) return { kind: "invalid", errors };
      const value = {
        label,
        algorithm,
        scopes: [...new Set(scopes)],
        networks,
        account: account === "all" ? undefined : account,
        ...(account === "all" ? { allAccounts: true as const } : {}),
        ...(publicKey === undefined ? {} : { publicKey }),
        ...(code === undefined ? {} : { code }),
        ...(limits === undefined ? {} : { markets: limits }),
      };
      return { kind: "valid", value };
    },
  };
}

interface LimitsPlace {
  readonly index: number;
  readonly markets: Markets;
  /** Added to. */
  readonly errors: FieldError[];
}

function readLimits(
  {
    market: id,
    quantityMax,
    notionalMax,
    openOrdersMax,
  }: Pick<KeyMarketLimits, "market" | "quantityMax" | "notionalMax" | "openOrdersMax">,
  { index, markets, errors }: LimitsPlace,
): KeyMarketLimits {
  const refuse = (name: string, code: FieldErrorCode): void =>
    void errors.push(fieldError("body", `markets.${index}.${name}`, code));
  const market = markets.get(id);
  if (market === undefined) {
    refuse("market", "UNKNOWN_MARKET");
    return { market: id };
  }
  const lots = quantityMax === undefined ? undefined : parseQty(market, quantityMax);
  const notional = notionalMax === undefined ? undefined : parseBudget(market, notionalMax);
  if (typeof lots === "string") refuse("quantityMax", lots);
  if (typeof notional === "string") refuse("notionalMax", notional);
  return {
    market: id,
    ...(typeof lots === "number" && { qtyLotsMax: lots, quantityMax }),
    ...(typeof notional === "number" && { tickLotsMax: notional, notionalMax }),
    ...(openOrdersMax !== undefined && { openOrdersMax }),
  };
}

function viewKey(key: ApiKeySummary) {
  const {
    keyId,
    accountId,
    allAccounts,
    label,
    algorithm,
    scopes,
    networks,
    markets,
    createdS,
    usedS,
    usedFrom,
    isTooOld,
  } = key;
  return {
    id: keyId,
    account: allAccounts ? ("all" as const) : accountId,
    label,
    algorithm,
    scopes,
    networks,
    markets: markets?.map(({ market, quantityMax, notionalMax, openOrdersMax }) => ({
      market,
      quantityMax,
      notionalMax,
      openOrdersMax,
    })),
    createdMs: createdS * 1000,
    usedMs: usedS === undefined ? undefined : usedS * 1000,
    usedFrom,
    tooOldToWithdraw: isTooOld,
  };
}
