/** Passkeys: added by who knows the password, and good for a session without it. */

import type { Passkey } from "@exchange/identity/passkeys";
import { z } from "@hono/zod-openapi";

import { answerWith, success } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount, mountOpen } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath, noQuery } from "../http/reader.ts";
import { TokenPairView } from "../schemas/account.ts";
import {
  AddPasskeyBody,
  PasskeyLogInBody,
  PasskeyOptionsView,
  PasskeysView,
  PasskeyView,
  RemovePasskeyBody,
  StartPasskeyBody,
} from "../schemas/passkey.ts";
import { viewTokens } from "./auth.ts";

const open = {
  tag: "auth",
  limit: "auth",
  method: "post",
  pathFields: noPath,
  query: noQuery,
  headers: noHeaders,
} as const;
const plain = { ...open, scope: "session" } as const;
const serviceProblems = ["UNAVAILABLE", "OUTCOME_UNKNOWN"] as const;
const passwordProblems = [
  "INVALID_CREDENTIALS",
  "TOTP_REQUIRED",
  "INVALID_TOTP",
  "TOO_MANY_ATTEMPTS",
  "HASHING_BUSY",
  ...serviceProblems,
] as const;

export function mountPasskeys(router: Router): void {
  mountList(router);
  mountAdding(router);
  mountRemoving(router);
  mountLogIn(router);
}

function mountList(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      limit: "reads",
      method: "get",
      path: "/v1/auth/passkeys",
      summary: "The user's passkeys",
      body: noBody,
      successes: { 200: { description: "The oldest first.", schema: PasskeysView } },
      problems: ["UNAVAILABLE"],
    },
    async ({ identity: { userId }, traceparent }) =>
      answerWith(await services.listPasskeys({ userId }, traceparent), "read", (passkeys) =>
        success(200, { passkeys: passkeys.map(viewPasskey) }),
      ),
  );
}

function mountAdding(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      path: "/v1/auth/passkeys",
      summary: "Begin to add a passkey",
      description: "With the password, and the code of the second factor where there is one.",
      body: createReader("body", StartPasskeyBody),
      successes: {
        200: { description: "What the authenticator is to be asked.", schema: PasskeyOptionsView },
      },
      problems: ["PASSKEYS_OFF", "TOO_MANY_PASSKEYS", ...passwordProblems],
    },
    async ({ body, identity: { userId }, network, traceparent }) => {
      const outcome = await services.startPasskey(
        { userId, network: network(), ...body },
        traceparent,
      );
      return answerWith(outcome, "write", ({ options }) => success(200, { options }));
    },
  );
  mountAccount(
    router,
    {
      ...plain,
      path: "/v1/auth/passkeys/confirm",
      summary: "Add the passkey that the authenticator made",
      description: `It opens sessions from then on, without password and code: it has asked for a finger, a face or a code itself. It stops
withdrawals for a while. Within five minutes a repeat is answered with the same passkey.`,
      body: createReader("body", AddPasskeyBody),
      successes: { 201: { description: "Added.", schema: PasskeyView } },
      problems: ["PASSKEYS_OFF", "INVALID_PASSKEY", "TOO_MANY_PASSKEYS", ...serviceProblems],
    },
    async ({ body: { label, credential }, identity: { userId }, network, traceparent }) => {
      const { id, response } = credential;
      const { clientDataJSON, attestationObject } = response;
      const created = { id, response: { clientDataJSON, attestationObject } };
      const request = { userId, network: network(), label, credential: created };
      return answerWith(await services.addPasskey(request, traceparent), "write", (passkey) =>
        success(201, viewPasskey(passkey)),
      );
    },
  );
}

function mountRemoving(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      path: "/v1/auth/passkeys/{id}/remove",
      summary: "Remove a passkey",
      description:
        "With the password, and the code of the second factor. It stops withdrawals for a while.",
      pathFields: createReader(
        "path",
        z.strictObject({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) }),
      ),
      body: createReader("body", RemovePasskeyBody),
      successes: { 204: { description: "Removed." } },
      problems: ["UNKNOWN_PASSKEY", ...passwordProblems],
    },
    async ({ path: { id: passkeyId }, body, identity, network, traceparent }) => {
      const { userId, sessionId } = identity;
      const request = { userId, sessionId, network: network(), passkeyId, ...body };
      return answerWith(await services.removePasskey(request, traceparent), "write", () =>
        success(204),
      );
    },
  );
}

function mountLogIn(router: Router): void {
  const { services } = router.deps;
  mountOpen(
    router,
    {
      ...open,
      path: "/v1/auth/passkey-login",
      summary: "Begin to log in with a passkey",
      body: noBody,
      successes: {
        200: { description: "What the authenticator is to be asked.", schema: PasskeyOptionsView },
      },
      problems: ["PASSKEYS_OFF", "UNAVAILABLE"],
    },
    async ({ traceparent }) =>
      answerWith(await services.startPasskeyLogIn({}, traceparent), "read", ({ options }) =>
        success(200, { options }),
      ),
  );
  mountOpen(
    router,
    {
      ...open,
      path: "/v1/auth/passkey-login/confirm",
      summary: "Get an access and a refresh token for a passkey",
      description: "No code is asked for. A challenge opens one session.",
      body: createReader("body", PasskeyLogInBody),
      successes: { 200: { description: "Logged in.", schema: TokenPairView } },
      problems: ["PASSKEYS_OFF", "INVALID_PASSKEY", ...serviceProblems],
    },
    async ({ body: { credential }, network, traceparent }) => {
      const { id, response } = credential;
      const { clientDataJSON, authenticatorData, signature, userHandle } = response;
      const signed = { clientDataJSON, authenticatorData, signature, userHandle };
      const request = { credential: { id, response: signed }, network: network() };
      return answerWith(await services.logInWithPasskey(request, traceparent), "write", (tokens) =>
        success(200, viewTokens(tokens)),
      );
    },
  );
}

function viewPasskey({ passkeyId, label, createdS, usedS }: Passkey) {
  return {
    id: passkeyId,
    label,
    createdMs: createdS * 1000,
    usedMs: usedS === 0 ? undefined : usedS * 1000,
  };
}
