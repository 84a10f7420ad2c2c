/** The password of a user who is logged in: a stolen session does not change how one logs in. */

import type { Reply } from "@exchange/streams/runtime";

import type { Deps } from "./deps.ts";
import type { SignedIn } from "./security-api.ts";

export interface CheckedUser {
  readonly email: string;
  /** The hash that the password was checked against. */
  readonly passwordHash: string;
}

type Refused = Extract<Reply<never>, { readonly kind: "refused" }>;

/** Limited as logging in is. */
export async function checkPassword(
  { db, attempts, passwords }: Pick<Deps, "db" | "attempts" | "passwords">,
  { userId, network, password }: SignedIn & { readonly password: string },
): Promise<CheckedUser | Refused> {
  const user = await db
    .selectFrom("users")
    .select(["email", "password_hash as passwordHash"])
    .where("user_id", "=", userId)
    .executeTakeFirst();
  if (user === undefined) return { kind: "refused", code: "INVALID_CREDENTIALS" };
  const attempt = await attempts.begin(user.email, network);
  if (attempt === undefined) return { kind: "refused", code: "TOO_MANY_ATTEMPTS" };
  const verified = await passwords.verify(password, user.passwordHash);
  if (verified.kind === "busy") {
    await attempt.takeBack();
    return { kind: "refused", code: "HASHING_BUSY" };
  }
  if (!verified.value) {
    await attempt.failed();
    return { kind: "refused", code: "INVALID_CREDENTIALS" };
  }
  await attempt.succeeded();
  return user;
}
