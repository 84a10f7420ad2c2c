/** Checks a password and opens a session. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";
import type { Transaction } from "kysely";

import { MAIN_NUMBER } from "./accounts.ts";
import type { LogInRequest, TokenPair } from "./api.ts";
import type { Deps } from "./deps.ts";
import { normaliseEmail } from "./email.ts";
import { insertSession, prepareSession, tokensOf } from "./new-session.ts";
import { factorProblem, useSecondFactor } from "./second-factor.ts";
import type { FactorOutcome } from "./security-api.ts";
import type { Tables } from "./tables.ts";

export async function logIn(deps: Deps, request: LogInRequest): Promise<Reply<TokenPair>> {
  const { email, password, network } = request;
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
    return invalidCredentials;
  }
  const { reply, factor } = await openSession(deps, user, request);
  // The password is known by then: what is guessed at is the code, whose wrong ones are counted for the user besides.
  await (factor === "wrong" ? attempt.failed() : attempt.succeeded());
  return reply;
}

interface User {
  readonly user_id: string;
  readonly password_hash: string;
  readonly account_id: string;
}

/** With its main account. */
async function readUser({ db }: Deps, email: string): Promise<User | undefined> {
  return await db
    .selectFrom("users")
    .innerJoin("accounts", "accounts.user_id", "users.user_id")
    .select(["users.user_id", "users.password_hash", "accounts.account_id"])
    .where("users.email", "=", email)
    .where("accounts.number", "=", MAIN_NUMBER)
    .executeTakeFirst();
}

interface Opened {
  readonly reply: Reply<TokenPair>;
  /** `changed`: the password is another one since it was looked at. */
  readonly factor: FactorOutcome | "changed";
}

const invalidCredentials = { kind: "refused", code: "INVALID_CREDENTIALS" } as const;

/** The second factor's code is used up with the session that it opens, or not at all. */
async function openSession(
  deps: Deps,
  user: User,
  { network, code }: LogInRequest,
): Promise<Opened> {
  const nowS = deps.nowS();
  const { user_id: userId } = user;
  const session = prepareSession({ userId, accountId: Number(user.account_id), network, nowS });
  const factor = await inTransaction(deps.db, async (tx) => {
    if (!(await isStill(tx, user))) return "changed";
    const outcome = await useSecondFactor(tx, deps, { userId, code, nowS });
    if (factorProblem(outcome) === undefined) await insertSession(tx, session);
    return outcome;
  });
  if (factor === "changed") return { reply: invalidCredentials, factor };
  const problem = factorProblem(factor);
  if (problem !== undefined) return { reply: problem, factor };
  return { reply: { kind: "ok", value: await tokensOf(deps, session) }, factor };
}

/** Locked until the session is there: a change of the password either ends it or is seen here. */
async function isStill(tx: Transaction<Tables>, user: User): Promise<boolean> {
  const found = await tx
    .selectFrom("users")
    .select("user_id")
    .where("user_id", "=", user.user_id)
    .where("password_hash", "=", user.password_hash)
    .forUpdate()
    .executeTakeFirst();
  return found !== undefined;
}
