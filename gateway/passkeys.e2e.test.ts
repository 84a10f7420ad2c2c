/** A passkey through a running exchange: added by a user with its password, and a session by it. */

import { expect, test } from "bun:test";

import { createAuthenticator } from "@exchange/identity/testing";
import { z } from "zod";

import { SecurityEventsPage, SessionsView, TokenPairView } from "./schemas/account.ts";
import { PasskeyOptionsView, PasskeysView, PasskeyView } from "./schemas/passkey.ts";
import { createClient } from "./testing/client.ts";

/** What an exchange with test money takes for the site. */
const site = { id: "localhost", origin: "http://localhost:3000" };
const Problem = z.looseObject({ code: z.string() });

test("a user adds a passkey, logs in with it, sees it, and removes it", async () => {
  const body = { email: `${crypto.randomUUID()}@example.org`, password: "correct horse" };
  const { password } = body;
  const anybody = createClient();
  await anybody.expect(201, z.unknown(), ["POST", "/v1/auth/signup", { body }]);
  const { accessToken } = await anybody.expect(200, TokenPairView, [
    "POST",
    "/v1/auth/login",
    { body },
  ]);
  const user = createClient(accessToken);
  const passkeys = "/v1/auth/passkeys";
  const started = await user.expect(200, PasskeyOptionsView, [
    "POST",
    passkeys,
    { body: { password } },
  ]);
  expect(started.options).toMatchObject({ rp: { id: site.id }, user: { name: body.email } });
  const authenticator = createAuthenticator(site);
  const adding = { label: "laptop", credential: authenticator.create(started.options) };
  const confirm = ["POST", `${passkeys}/confirm`, { body: adding }] as const;
  const added = await user.expect(201, PasskeyView, confirm);
  const asked = await anybody.expect(200, PasskeyOptionsView, ["POST", "/v1/auth/passkey-login"]);
  const answer = { body: { credential: authenticator.get(asked.options) } };
  const logIn = ["POST", "/v1/auth/passkey-login/confirm", answer] as const;
  const tokens = await anybody.expect(200, TokenPairView, logIn);
  expect((await anybody.expect(401, Problem, logIn)).code).toBe("INVALID_PASSKEY");
  const other = createClient(tokens.accessToken);
  const { sessions } = await other.expect(200, SessionsView, ["GET", "/v1/auth/sessions"]);
  expect(sessions).toHaveLength(2);
  const listed = await other.expect(200, PasskeysView, ["GET", passkeys]);
  expect(listed.passkeys).toEqual([{ ...added, usedMs: expect.any(Number) }]);
  const remove = ["POST", `${passkeys}/${added.id}/remove`, { body: { password } }] as const;
  await other.expect(204, z.unknown(), remove);
  expect((await other.expect(404, Problem, remove)).code).toBe("UNKNOWN_PASSKEY");
  const { events } = await other.expect(200, SecurityEventsPage, ["GET", "/v1/auth/events"]);
  expect(events.map(({ kind }) => kind)).toEqual([
    "session-ended",
    "passkey-removed",
    "logged-in",
    "passkey-used",
    "passkey-added",
    "logged-in",
    "signed-up",
  ]);
});
