import { expect, setDefaultTimeout, test } from "bun:test";

import { logIn, signUp } from "./api.ts";
import { freshCredentials, valueOf } from "./testing/identity-client.ts";
import { useIdentity } from "./testing/use-identity.ts";

/** Each try hashes for 50 ms or more. */
setDefaultTimeout(300_000);

const TRIES = 200;
/** An account that is guessed at more often gives each network less. */
const TRIES_OF_A_USER = 20;

const { ask } = useIdentity();

/** From somewhere new each time, so that only the password is looked at. */
async function timeLogIn(email: string): Promise<number> {
  const attempt = { email, password: "not the password", network: crypto.randomUUID() };
  const startedMs = performance.now();
  const reply = await ask(logIn, attempt);
  const tookMs = performance.now() - startedMs;
  expect(reply).toEqual({ kind: "refused", code: "INVALID_CREDENTIALS" });
  return tookMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;
}

test("who has an account cannot be told by the time a login takes", async () => {
  const [known, unknown]: [number[], number[]] = [[], []];
  while (known.length < TRIES) {
    const user = freshCredentials();
    valueOf(await ask(signUp, user));
    const stranger = freshCredentials();
    for (let turn = 0; turn < TRIES_OF_A_USER; turn += 1) {
      // In turns, so that what else the machine does meets both alike.
      if (turn % 2 === 0) known.push(await timeLogIn(user.email));
      unknown.push(await timeLogIn(stranger.email));
      if (turn % 2 === 1) known.push(await timeLogIn(user.email));
    }
  }
  const ratio = median(known) / median(unknown);
  expect(ratio).toBeGreaterThan(0.9);
  expect(ratio).toBeLessThan(1.1);
});
