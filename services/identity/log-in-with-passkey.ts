/** A session without a password: the authenticator has asked for a finger, a face or a code of its own. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";
import type { Kysely, Transaction } from "kysely";

import { MAIN_NUMBER } from "./accounts.ts";
import type { TokenPair } from "./api.ts";
import { checkAsserted, offerLogIn } from "./check-passkey.ts";
import type { Deps } from "./deps.ts";
import { insertSession, prepareSession, tokensOf } from "./new-session.ts";
import { isChallenge, mintChallenge, useChallenge } from "./passkey-challenge.ts";
import type { PasskeyLogInRequest, PasskeyOptions } from "./passkeys-api.ts";
import { recordDeed } from "./security-events.ts";
import type { Tables } from "./tables.ts";

const off = { kind: "refused", code: "PASSKEYS_OFF" } as const;
const invalid = { kind: "refused", code: "INVALID_PASSKEY" } as const;

/** Whoever asks: an authenticator knows whose passkeys it has. */
export async function startPasskeyLogIn(
  deps: Deps,
): Promise<Reply<{ readonly options: PasskeyOptions }>> {
  const { passkeySite: site } = deps;
  if (site === undefined) return off;
  const options = await offerLogIn(site, mintChallenge(deps, "log-in"));
  return { kind: "ok", value: { options } };
}

export async function logInWithPasskey(
  deps: Deps,
  { credential, network }: PasskeyLogInRequest,
): Promise<Reply<TokenPair>> {
  const { passkeySite: site } = deps;
  if (site === undefined) return off;
  const found = await findPasskey(deps.db, Buffer.from(credential.id, "base64url"));
  if (found === undefined) return invalid;
  const known = { userId: found.user_id, publicKey: found.public_key, counter: found.counter };
  const asserted = await checkAsserted(site, credential, {
    known,
    isExpected: (challenge) => isChallenge(deps, challenge, "log-in"),
  });
  if (asserted === undefined) return invalid;
  const { challenge, counter } = asserted;
  const nowS = deps.nowS();
  const { user_id: userId, passkey_id: passkeyId } = found;
  const session = prepareSession({ userId, accountId: Number(found.account_id), network, nowS });
  const isOpened = await inTransaction(deps.db, async (tx) => {
    if (!(await isStill(tx, { passkeyId, counter: known.counter }))) return false;
    if (!(await useChallenge(tx, challenge, nowS))) return false;
    await tx
      .updateTable("passkeys")
      .set({ counter, used_s: nowS })
      .where("passkey_id", "=", passkeyId)
      .execute();
    await recordDeed(tx, { userId, kind: "passkey-used", network, nowS, subject: passkeyId });
    await insertSession(tx, session);
    return true;
  });
  return isOpened ? { kind: "ok", value: await tokensOf(deps, session) } : invalid;
}

/** With its user's main account. */
async function findPasskey(db: Kysely<Tables>, credentialId: Buffer) {
  return await db
    .selectFrom("passkeys")
    .innerJoin("accounts", "accounts.user_id", "passkeys.user_id")
    .select([
      "passkeys.passkey_id",
      "passkeys.user_id",
      "passkeys.public_key",
      "passkeys.counter",
      "accounts.account_id",
    ])
    .where("passkeys.credential_id", "=", credentialId)
    .where("accounts.number", "=", MAIN_NUMBER)
    .executeTakeFirst();
}

/** Locked: it may have been removed since it was looked for, and two copies of it must not count the same. */
async function isStill(
  tx: Transaction<Tables>,
  { passkeyId, counter }: { readonly passkeyId: string; readonly counter: number },
): Promise<boolean> {
  const row = await tx
    .selectFrom("passkeys")
    .select("passkey_id")
    .where("passkey_id", "=", passkeyId)
    .where("counter", "=", counter)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}
