/** Checks a password and opens a session. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";

import type { LogInRequest, TokenPair } from "./api.ts";
import type { Deps } from "./deps.ts";
import { normaliseEmail } from "./email.ts";
import { issueTokens, prepareTokens } from "./issue-tokens.ts";
import { hashRefreshToken, mintId, mintRefreshToken } from "./random-id.ts";
import { SESSION_LIFE_S } from "./session.ts";

export async function logIn(
  deps: Deps,
  { email, password, network }: LogInRequest,
): Promise<Reply<TokenPair>> {
  const address = normaliseEmail(email);
  const user = await readUser(deps, address);
  const attempt = await deps.attempts.begin(address, network);
  if (attempt === undefined) return { kind: "refused", code: "TOO_MANY_ATTEMPTS" };
  const verified = await deps.passwords.verify(password, user?.password_hash);
  if (verified.kind === "busy") {
    await attempt.takeBack();
    return { kind: "refused", code: "HASHING_BUSY" };
  }
  if (!verified.value || user === undefined) {
    await attempt.failed();
    return { kind: "refused", code: "INVALID_CREDENTIALS" };
  }
  await attempt.succeeded();
  return { kind: "ok", value: await openSession(deps, user, network) };
}

interface User {
  readonly user_id: string;
  readonly password_hash: string;
  readonly account_id: string;
}

/** With the oldest of its accounts. */
async function readUser({ db }: Deps, email: string): Promise<User | undefined> {
  return await db
    .selectFrom("users")
    .innerJoin("accounts", "accounts.user_id", "users.user_id")
    .select(["users.user_id", "users.password_hash", "accounts.account_id"])
    .where("users.email", "=", email)
    .orderBy("accounts.created_s")
    .orderBy("accounts.account_id")
    .executeTakeFirst();
}

async function openSession(deps: Deps, user: User, network: string): Promise<TokenPair> {
  const nowS = deps.nowS();
  const accountId = Number(user.account_id);
  const sessionId = mintId();
  const expiresS = nowS + SESSION_LIFE_S;
  const prepared = prepareTokens(
    { userId: user.user_id, accountId, sessionId, nowS },
    mintRefreshToken(),
  );
  await inTransaction(deps.db, async (tx) => {
    await tx
      .insertInto("sessions")
      .values({
        session_id: sessionId,
        user_id: user.user_id,
        account_id: accountId,
        token_id: prepared.identity.tokenId,
        created_s: nowS,
        expires_s: expiresS,
        network,
        seen_s: nowS,
      })
      .execute();
    await tx
      .insertInto("refresh_tokens")
      .values({ token_hash: hashRefreshToken(prepared.refreshToken), session_id: sessionId })
      .execute();
  });
  return await issueTokens(deps.signingKeys, prepared, expiresS - nowS);
}
