/**
 * For which of its accounts a user asks: the query's `account`, since a signature of an API key covers the query and no
 * header. Without it the main one, or the one that the key is bound to.
 */

import { z } from "@hono/zod-openapi";

import type { Caller, GatewayDeps } from "../deps.ts";
import type { Answer, Problem } from "./answer.ts";
import { problem } from "./answer.ts";
import type { Parsed } from "./field-error.ts";
import { fieldError, valid } from "./field-error.ts";
import type { Reader } from "./reader.ts";

export const choiceProblems = ["UNKNOWN_ACCOUNT", "ACCOUNT_NOT_ALLOWED", "UNAVAILABLE"] as const;

export interface Choice<Query> {
  /** Undefined when none was chosen. */
  readonly account: number | undefined;
  readonly query: Query;
}

const AccountParameter = z
  .string()
  .regex(/^[1-9][0-9]{0,15}$/)
  .optional()
  .openapi({
    description:
      "One of the user's accounts, by its id. By default the main one, or the one of the API key.",
    example: "4503599627370496",
  });

/** The reader of a query that may name an account besides. */
export function choiceReader<Query>(reader: Reader<Query>): Reader<Choice<Query>> {
  const { schema } = reader;
  const fields = schema instanceof z.ZodObject ? schema : z.strictObject({});
  return {
    schema: fields.extend({ account: AccountParameter }),
    read(raw) {
      if (typeof raw !== "object" || raw === null || !("account" in raw)) {
        return withAccount(reader.read(raw), undefined);
      }
      const { account, ...rest } = raw;
      const accountId = AccountParameter.safeParse(account).success ? Number(account) : NaN;
      const query = reader.read(rest);
      if (Number.isSafeInteger(accountId)) return withAccount(query, accountId);
      const errors = query.kind === "invalid" ? query.errors : [];
      return { kind: "invalid", errors: [fieldError("query", "account", "BAD_FORMAT"), ...errors] };
    },
  };
}

function withAccount<Query>(
  query: Parsed<Query>,
  account: number | undefined,
): Parsed<Choice<Query>> {
  return query.kind === "invalid" ? query : valid({ account, query: query.value });
}

/** The caller as the owner of what it asks for, or why it is not. */
export async function chooseAccount(
  { accounts }: Pick<GatewayDeps, "accounts">,
  caller: Caller,
  accountId: number,
): Promise<{ readonly kind: "chosen"; readonly caller: Caller } | Problem> {
  const { userId, key } = caller;
  if (accountId === caller.accountId) return { kind: "chosen", caller };
  // Whoever has such a key learns nothing about other accounts, the user's own included.
  if (key !== undefined && key.allAccounts !== true) return problem("ACCOUNT_NOT_ALLOWED");
  const found = await accounts.find(userId, accountId);
  if (found === "unavailable") return problem("UNAVAILABLE");
  if (found === "unknown") return problem("UNKNOWN_ACCOUNT");
  // What may speak for all accounts begins with the main one.
  return { kind: "chosen", caller: { ...caller, accountId, mainAccountId: caller.accountId } };
}

/** What an answer points to is the chosen account's: whoever goes there without naming it asks for another one's. */
export function pointToAccount(answer: Answer, accountId: number): Answer {
  const location = answer.kind === "success" ? answer.headers?.["location"] : undefined;
  if (location === undefined) return answer;
  const separator = location.includes("?") ? "&" : "?";
  const chosen = { location: `${location}${separator}account=${accountId}` };
  return { ...answer, headers: { ...answer.headers, ...chosen } };
}
