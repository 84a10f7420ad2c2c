/** Which accounts are a user's. Identity says so, and what it said once is so for ever: an account never changes hands. */

import { LRUCache } from "lru-cache";

import type { AccountDirectory, Services } from "../deps.ts";

const USERS_MAX = 10_000;

export function createAccountDirectory({
  listAccounts,
}: Pick<Services, "listAccounts">): AccountDirectory {
  const known = new LRUCache<string, ReadonlySet<number>>({ max: USERS_MAX });
  return {
    async find(userId, accountId) {
      if (known.get(userId)?.has(accountId) === true) return "own";
      // Opened since, perhaps. Who guesses pays for it with the points of the request.
      const outcome = await listAccounts({ userId }, undefined);
      if (outcome.kind !== "ok") return "unavailable";
      const own = new Set(outcome.value.map((account) => account.accountId));
      known.set(userId, own);
      return own.has(accountId) ? "own" : "unknown";
    },
  };
}
