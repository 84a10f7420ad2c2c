/** Keys that programs sign their requests with: made, shown, ended, and read by gateways. */

import { inTransaction } from "@exchange/store";
import { assert } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import type { Selectable } from "kysely";
import { sql } from "kysely";

import { MAIN_NUMBER } from "./accounts.ts";
import type {
  ApiKeyGrant,
  ApiKeyOwner,
  ApiKeySummary,
  ApiKeyTerms,
  CreateApiKeyRequest,
  CreatedApiKey,
  EndedApiKey,
  KeyUse,
} from "./api-keys-api.ts";
import { API_KEYS_MAX } from "./api-keys-api.ts";
import type { Deps } from "./deps.ts";
import { mintAccountId, mintApiSecret, mintId } from "./random-id.ts";
import { confirmedSince, factorProblem, useSecondFactor } from "./second-factor.ts";
import { recordDeed } from "./security-events.ts";
import { revocationOf } from "./session.ts";
import type { Tables } from "./tables.ts";
import { lockUser } from "./way-in.ts";

const PUBLIC_KEY_BYTES = 32;

type Refused = Extract<Reply<never>, { readonly kind: "refused" }>;
type KeyDeps = Pick<Deps, "db" | "announce" | "nowS" | "sealer">;
type Row = Selectable<Tables["api_keys"]>;

export async function createApiKey(
  { db, nowS, sealer }: KeyDeps,
  request: CreateApiKeyRequest,
): Promise<Reply<CreatedApiKey>> {
  const { userId, accountId, label, algorithm, scopes, network, code } = request;
  const publicKey = Buffer.from(request.publicKey ?? "", "base64url");
  const usesPublicKey = algorithm === "ed25519";
  if (usesPublicKey && publicKey.length !== PUBLIC_KEY_BYTES) {
    return { kind: "refused", code: "BAD_PUBLIC_KEY" };
  }
  const terms = askedTerms(request);
  const secret = mintApiSecret();
  const keyId = mintId();
  const row = {
    key_id: keyId,
    key_number: mintAccountId(),
    user_id: userId,
    account_id: accountId,
    label,
    algorithm,
    public_key: usesPublicKey ? publicKey : null,
    sealed_secret: usesPublicKey ? null : sealer.seal(secret, keyId),
    terms: JSON.stringify(terms),
    created_s: nowS(),
  };
  const problem = await inTransaction(db, async (tx): Promise<Refused | undefined> => {
    // The user's row is locked, so that two at once are counted in turn.
    await lockUser(tx, userId);
    const { count } = await tx
      .selectFrom("api_keys")
      .select(({ fn }) => fn.countAll().as("count"))
      .where("user_id", "=", userId)
      .where("ended_s", "is", null)
      .executeTakeFirstOrThrow();
    if (Number(count) >= API_KEYS_MAX) return { kind: "refused", code: "TOO_MANY_API_KEYS" };
    if (scopes.includes("withdraw")) {
      // Its withdrawals will bring no code: who has a session alone would have a way around the second factor.
      const use = { userId, code, nowS: row.created_s };
      const refused = factorProblem(await useSecondFactor(tx, { sealer }, use));
      if (refused !== undefined) return refused;
    }
    await tx.insertInto("api_keys").values(row).execute();
    const deed = {
      userId,
      kind: "api-key-made",
      network,
      nowS: row.created_s,
      subject: keyId,
    } as const;
    await recordDeed(tx, deed);
    return undefined;
  });
  if (problem !== undefined) return problem;
  const key = { keyId, accountId, label, algorithm, ...terms, createdS: row.created_s };
  const told = usesPublicKey ? {} : { secret: secret.toString("base64url") };
  return { kind: "ok", value: { key, ...told } };
}

export async function listApiKeys(
  { db }: KeyDeps,
  { userId }: { readonly userId: string },
): Promise<Reply<readonly ApiKeySummary[]>> {
  const rows = await db
    .selectFrom("api_keys")
    .selectAll()
    .where("user_id", "=", userId)
    .where("ended_s", "is", null)
    .orderBy("created_s", "desc")
    .orderBy("key_id")
    .execute();
  const sinceS = await confirmedSince(db, userId);
  return { kind: "ok", value: rows.map((row) => summaryOf(row, sinceS)) };
}

/** A repeat announces it again: the first one may have died after its commit. */
export async function endApiKey(
  { db, announce, nowS }: KeyDeps,
  { userId, keyId, network }: ApiKeyOwner,
): Promise<Reply<EndedApiKey>> {
  const endedS = nowS();
  const revoked = revocationOf({ tokenId: keyId, sessionId: keyId }, endedS);
  const ended = await inTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom("api_keys")
      .select(["account_id", "key_number", "terms"])
      .where("key_id", "=", keyId)
      .where("user_id", "=", userId)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { numUpdatedRows } = await tx
      .updateTable("api_keys")
      .set({ ended_s: endedS })
      .where("key_id", "=", keyId)
      .where("ended_s", "is", null)
      .executeTakeFirst();
    if (numUpdatedRows > 0n) {
      const deed = {
        userId,
        kind: "api-key-ended",
        network,
        nowS: endedS,
        subject: keyId,
      } as const;
      await recordDeed(tx, deed);
    }
    const { expiresAtS } = revoked;
    await tx
      .insertInto("revoked_tokens")
      .values({ token_id: keyId, session_id: keyId, expires_s: expiresAtS })
      .onDuplicateKeyUpdate({ expires_s: sql`greatest(expires_s, ${expiresAtS})` })
      .execute();
    const { allAccounts } = termsOf(row);
    const keyNumber = Number(row.key_number);
    return { accountId: Number(row.account_id), keyNumber, ...(allAccounts && { allAccounts }) };
  });
  if (ended === undefined) return { kind: "refused", code: "UNKNOWN_API_KEY" };
  await announce([revoked]);
  return { kind: "ok", value: ended };
}

export async function readApiKey(
  { db, sealer }: KeyDeps,
  { keyId }: { readonly keyId: string },
): Promise<Reply<ApiKeyGrant>> {
  const row = await db
    .selectFrom("api_keys")
    .innerJoin("accounts", (join) =>
      join
        .onRef("accounts.user_id", "=", "api_keys.user_id")
        .on("accounts.number", "=", MAIN_NUMBER),
    )
    .selectAll("api_keys")
    .select("accounts.account_id as main_account_id")
    .where("key_id", "=", keyId)
    .where("ended_s", "is", null)
    .executeTakeFirst();
  if (row === undefined) return { kind: "refused", code: "UNKNOWN_API_KEY" };
  const { public_key: publicKey, sealed_secret: sealed } = row;
  const verifyWith = sealed === null ? publicKey : sealer.open(sealed, keyId);
  assert(verifyWith !== null, "a key has a public key or a secret");
  const mainAccountId = Number(row.main_account_id);
  const accountId = Number(row.account_id);
  return {
    kind: "ok",
    value: {
      ...termsOf(row),
      keyId,
      keyNumber: Number(row.key_number),
      userId: row.user_id,
      accountId,
      ...(accountId === mainAccountId ? {} : { mainAccountId }),
      algorithm: row.algorithm,
      verifyWith: verifyWith.toString("base64url"),
    },
  };
}

export async function noteKeyUses(
  { db }: KeyDeps,
  { uses }: { readonly uses: readonly KeyUse[] },
): Promise<Reply<Record<string, never>>> {
  for (const { keyId, atS, network } of uses) {
    await db
      .updateTable("api_keys")
      .set({ used_s: atS, used_from: network })
      .where("key_id", "=", keyId)
      .where((eb) => eb.or([eb("used_s", "is", null), eb("used_s", "<", atS)]))
      .execute();
  }
  return { kind: "ok", value: {} };
}

/**
 * Whether its owner's second factor, if there is one, was there when it was made. Whoever had a session could make it
 * without a code before.
 */
export function isNewerThanFactor(
  { created_s: createdS }: Pick<Row, "created_s">,
  sinceS: number | undefined,
): boolean {
  return sinceS === undefined || createdS > sinceS;
}

function summaryOf(row: Row, factorSinceS: number | undefined): ApiKeySummary {
  const { key_id: keyId, label, algorithm, created_s: createdS } = row;
  const terms = termsOf(row);
  const isTooOld = terms.scopes.includes("withdraw") && !isNewerThanFactor(row, factorSinceS);
  return {
    keyId,
    accountId: Number(row.account_id),
    label,
    algorithm,
    createdS,
    ...terms,
    ...(isTooOld ? { isTooOld } : {}),
    ...(row.used_s === null ? {} : { usedS: row.used_s }),
    ...(row.used_from === null ? {} : { usedFrom: row.used_from }),
  };
}

function askedTerms({ scopes, networks, markets, allAccounts }: CreateApiKeyRequest): ApiKeyTerms {
  return {
    scopes,
    networks,
    ...(markets === undefined ? {} : { markets }),
    ...(allAccounts === undefined ? {} : { allAccounts }),
  };
}

/** As `createApiKey` wrote them. */
function termsOf(row: Pick<Row, "terms">): ApiKeyTerms {
  const terms: ApiKeyTerms = JSON.parse(row.terms);
  return terms;
}
