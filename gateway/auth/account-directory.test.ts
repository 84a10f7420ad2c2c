import { expect, test } from "bun:test";

import type { Account } from "@exchange/identity/accounts";

import type { ServiceOutcome } from "../deps.ts";
import { createAccountDirectory } from "./account-directory.ts";

/** Identity's answers, one by one; the last one stays. An `undefined` is an identity that is away. */
function directoryOf(answers: readonly (readonly number[] | undefined)[]) {
  const state = { asked: 0 };
  const directory = createAccountDirectory({
    async listAccounts(): Promise<ServiceOutcome<readonly Account[]>> {
      const ids = answers[Math.min(state.asked, answers.length - 1)];
      state.asked += 1;
      if (ids === undefined) return { kind: "failed", failure: "unavailable" };
      const value = ids.map((accountId) => ({
        accountId,
        label: String(accountId),
        isMain: false,
        createdS: 1,
      }));
      return { kind: "ok", value };
    },
  });
  return { directory, state };
}

test("what is a user's own is asked once, and never again", async () => {
  const { directory, state } = directoryOf([[7, 8], undefined]);
  for (const accountId of [8, 7, 8]) expect(await directory.find("ada", accountId)).toBe("own");
  expect(state.asked).toBe(1);
});

test("an account that was opened since is found by asking again", async () => {
  const { directory } = directoryOf([[7], [7, 8]]);
  expect(await directory.find("ada", 8)).toBe("unknown");
  expect(await directory.find("ada", 8)).toBe("own");
});

test("one user's account is not another's, and nobody's while identity is away", async () => {
  const { directory } = directoryOf([[7], [9], undefined]);
  expect(await directory.find("ada", 7)).toBe("own");
  expect(await directory.find("bob", 7)).toBe("unknown");
  expect(await directory.find("bob", 7)).toBe("unavailable");
  expect(await directory.find("bob", 9)).toBe("own");
});
