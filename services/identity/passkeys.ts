/** A user's passkeys: added with the password, shown, and removed. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";
import type { Kysely } from "kysely";

import { isInserted } from "./accounts.ts";
import type { CreatedPasskey } from "./check-passkey.ts";
import { checkCreated, offerCreation } from "./check-passkey.ts";
import { checkPassword } from "./check-password.ts";
import type { Deps } from "./deps.ts";
import { isChallenge, mintChallenge, useChallenge } from "./passkey-challenge.ts";
import type {
  AddPasskeyRequest,
  Passkey,
  PasskeyOptions,
  RemovePasskeyRequest,
  StartPasskeyRequest,
} from "./passkeys-api.ts";
import { mintId } from "./random-id.ts";
import { factorProblem, useSecondFactor } from "./second-factor.ts";
import { endSessions, endSlice } from "./sessions.ts";
import type { Tables } from "./tables.ts";
import { fingerprintOf, lockUser, noteChange } from "./way-in.ts";

const PASSKEYS_MAX = 20;

const off = { kind: "refused", code: "PASSKEYS_OFF" } as const;
const invalid = { kind: "refused", code: "INVALID_PASSKEY" } as const;
const tooMany = { kind: "refused", code: "TOO_MANY_PASSKEYS" } as const;

/** The password and the code are looked at here; the challenge says for a while that they were. */
export async function startPasskey(
  deps: Deps,
  request: StartPasskeyRequest,
): Promise<Reply<{ readonly options: PasskeyOptions }>> {
  const { userId, code } = request;
  const { passkeySite: site, nowS } = deps;
  if (site === undefined) return off;
  const checked = await checkPassword(deps, request);
  if ("kind" in checked) return checked;
  const { email, passwordHash } = checked;
  const begun = await inTransaction(deps.db, async (tx) => {
    await lockUser(tx, userId);
    const fingerprint = await fingerprintOf(tx, userId, passwordHash);
    // Somebody else changed the password since it was looked at.
    if (fingerprint === undefined) return { kind: "refused", code: "INVALID_CREDENTIALS" } as const;
    const outcome = await useSecondFactor(tx, deps, { userId, code, nowS: nowS() });
    return factorProblem(outcome) ?? { fingerprint, rows: await rowsOf(tx, userId) };
  });
  if ("kind" in begun) return begun;
  const { fingerprint, rows } = begun;
  if (rows.length >= PASSKEYS_MAX) return tooMany;
  const has = rows.map((row) => row.credential_id.toString("base64url"));
  const challenge = mintChallenge(deps, `add:${userId}:${fingerprint}`);
  const options = await offerCreation(site, { userId, email, has }, challenge);
  return { kind: "ok", value: { options } };
}

/** A repeat is answered with the passkey that the first one added. */
export async function addPasskey(deps: Deps, request: AddPasskeyRequest): Promise<Reply<Passkey>> {
  const { userId, label, credential } = request;
  const { db, passkeySite: site } = deps;
  if (site === undefined) return off;
  const fingerprint = await inTransaction(db, async (tx) => await fingerprintOf(tx, userId));
  const created = await checkCreated(site, credential, (challenge) =>
    isChallenge(deps, challenge, `add:${userId}:${fingerprint}`),
  );
  if (created === undefined) return invalid;
  const { challenge, credentialId } = created;
  const nowS = deps.nowS();
  const row = rowOf(created, { userId, label, nowS });
  return await inTransaction(db, async (tx) => {
    await lockUser(tx, userId);
    const rows = await rowsOf(tx, userId);
    const same = rows.find((one) => one.credential_id.equals(credentialId));
    if (same !== undefined) return { kind: "ok", value: toPasskey(same) };
    if (rows.length >= PASSKEYS_MAX) return tooMany;
    // Changed while it was checked.
    if ((await fingerprintOf(tx, userId)) !== fingerprint) return invalid;
    if (!(await useChallenge(tx, challenge, nowS))) return invalid;
    // Somebody else's: no authenticator makes the same id twice.
    if (!(await isInserted(tx.insertInto("passkeys").values(row).execute()))) return invalid;
    await noteChange(tx, { request, kind: "passkey-added", nowS, subject: row.passkey_id });
    return { kind: "ok", value: toPasskey({ ...row, used_s: 0 }) };
  });
}

export async function listPasskeys(
  { db }: Pick<Deps, "db">,
  { userId }: { readonly userId: string },
): Promise<Reply<readonly Passkey[]>> {
  return { kind: "ok", value: (await rowsOf(db, userId)).map(toPasskey) };
}

export async function removePasskey(
  deps: Deps,
  request: RemovePasskeyRequest,
): Promise<Reply<Record<string, never>>> {
  const { userId, sessionId, code, passkeyId, network } = request;
  const checked = await checkPassword(deps, request);
  if ("kind" in checked) return checked;
  const nowS = deps.nowS();
  const ending = { userId, keep: sessionId, network };
  const removed = await inTransaction(deps.db, async (tx) => {
    await lockUser(tx, userId);
    const problem = factorProblem(await useSecondFactor(tx, deps, { userId, code, nowS }));
    if (problem !== undefined) return problem;
    // Waits for a login with it, whose session is there then.
    const { numDeletedRows } = await tx
      .deleteFrom("passkeys")
      .where("passkey_id", "=", passkeyId)
      .where("user_id", "=", userId)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return { kind: "refused", code: "UNKNOWN_PASSKEY" } as const;
    await noteChange(tx, { request, kind: "passkey-removed", nowS, subject: passkeyId });
    return { revoked: await endSlice(tx, ending, nowS) };
  });
  if ("kind" in removed) return removed;
  await deps.announce(removed.revoked);
  // Those beyond the first slice.
  await endSessions(deps, ending);
  return { kind: "ok", value: {} };
}

interface ShownRow {
  readonly passkey_id: string;
  readonly label: string;
  readonly created_s: number;
  readonly used_s: number;
}

/** The oldest first. */
async function rowsOf(db: Kysely<Tables>, userId: string) {
  return await db
    .selectFrom("passkeys")
    .select(["passkey_id", "credential_id", "label", "created_s", "used_s"])
    .where("user_id", "=", userId)
    .orderBy("created_s")
    .orderBy("passkey_id")
    .execute();
}

function rowOf(
  { credentialId, publicKey, counter }: CreatedPasskey,
  {
    userId,
    label,
    nowS,
  }: { readonly userId: string; readonly label: string; readonly nowS: number },
) {
  return {
    passkey_id: mintId(),
    user_id: userId,
    credential_id: credentialId,
    public_key: publicKey,
    counter,
    label,
    created_s: nowS,
  };
}

function toPasskey(row: ShownRow): Passkey {
  return {
    passkeyId: row.passkey_id,
    label: row.label,
    createdS: row.created_s,
    usedS: row.used_s,
  };
}
