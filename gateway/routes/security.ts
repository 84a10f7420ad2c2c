/** How a user logs in: its password, its second factor, and the history of both. */

import { z } from "@hono/zod-openapi";

import type { Caller } from "../deps.ts";
import { answerWith, success } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath, noQuery } from "../http/reader.ts";
import {
  ChangePasswordBody,
  ConfirmedTotpView,
  ConfirmTotpBody,
  DisableTotpBody,
  SecurityEventsPage,
  StartedTotpView,
  StartTotpBody,
  TotpView,
} from "../schemas/account.ts";
import { Limit, NumberCursor } from "../schemas/common.ts";

const plain = {
  tag: "auth",
  scope: "session",
  limit: "auth",
  method: "post",
  pathFields: noPath,
  query: noQuery,
  headers: noHeaders,
} as const;
const reading = { ...plain, method: "get", limit: "reads", body: noBody } as const;
const serviceProblems = ["UNAVAILABLE", "OUTCOME_UNKNOWN"] as const;
const passwordProblems = [
  "INVALID_CREDENTIALS",
  "TOO_MANY_ATTEMPTS",
  "HASHING_BUSY",
  ...serviceProblems,
] as const;

export function mountSecurity(router: Router): void {
  mountPassword(router);
  mountStartingTotp(router);
  mountEndingTotp(router);
  mountReads(router);
}

/** Who asks, and where from. */
function signedIn({ identity, network }: { identity: Caller; network: () => string }) {
  return { userId: identity.userId, network: network() };
}

function mountPassword(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      path: "/v1/auth/password",
      summary: "Change the password",
      description:
        "Ends all other sessions, and stops withdrawals for a while. With a second factor its code is needed. Passkeys stay: `GET /v1/auth/passkeys` lists them.",
      body: createReader("body", ChangePasswordBody),
      successes: { 204: { description: "Changed." } },
      problems: ["TOTP_REQUIRED", "INVALID_TOTP", ...passwordProblems],
    },
    async ({ body, identity, network, traceparent }) => {
      const { sessionId } = identity;
      const request = { ...signedIn({ identity, network }), sessionId, ...body };
      const outcome = await services.changePassword(request, traceparent);
      return answerWith(outcome, "write", () => success(204));
    },
  );
}

function mountStartingTotp(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      path: "/v1/auth/totp",
      summary: "Begin with a second factor",
      description:
        "Nothing is asked for before it is confirmed with a first code. A repeat gives another secret.",
      body: createReader("body", StartTotpBody),
      successes: { 201: { description: "To be confirmed.", schema: StartedTotpView } },
      problems: ["TOTP_ENABLED", ...passwordProblems],
    },
    async ({ body, identity, network, traceparent }) => {
      const request = { ...signedIn({ identity, network }), ...body };
      const outcome = await services.startTotp(request, traceparent);
      return answerWith(outcome, "write", ({ secret, uri }) => success(201, { secret, uri }));
    },
  );
  mountAccount(
    router,
    {
      ...plain,
      path: "/v1/auth/totp/confirm",
      summary: "Confirm the second factor with a first code",
      description:
        "From then on logging in with the password needs a code. It stops withdrawals for a while. After ten wrong codes begin again.",
      body: createReader("body", ConfirmTotpBody),
      successes: { 200: { description: "Enabled.", schema: ConfirmedTotpView } },
      problems: [
        "TOTP_NOT_STARTED",
        "TOTP_ENABLED",
        "INVALID_TOTP",
        "TOO_MANY_ATTEMPTS",
        ...serviceProblems,
      ],
    },
    async ({ body, identity, network, traceparent }) => {
      const request = { ...signedIn({ identity, network }), ...body };
      const outcome = await services.confirmTotp(request, traceparent);
      return answerWith(outcome, "write", ({ recoveryCodes }) => success(200, { recoveryCodes }));
    },
  );
}

function mountEndingTotp(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      path: "/v1/auth/totp/disable",
      summary: "Do without the second factor",
      description: "Needs the password and a code, and stops withdrawals for a while.",
      body: createReader("body", DisableTotpBody),
      successes: { 204: { description: "Disabled." } },
      problems: ["TOTP_NOT_ENABLED", "INVALID_TOTP", ...passwordProblems],
    },
    async ({ body, identity, network, traceparent }) => {
      const request = { ...signedIn({ identity, network }), ...body };
      const outcome = await services.disableTotp(request, traceparent);
      return answerWith(outcome, "write", () => success(204));
    },
  );
}

function mountReads(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...reading,
      path: "/v1/auth/totp",
      summary: "Whether there is a second factor",
      successes: { 200: { description: "As it is now.", schema: TotpView } },
      problems: ["UNAVAILABLE"],
    },
    async ({ identity: { userId }, traceparent }) =>
      answerWith(
        await services.readTotp({ userId }, traceparent),
        "read",
        ({ enabled, recoveryCodes }) => success(200, { enabled, recoveryCodes }),
      ),
  );
  mountAccount(
    router,
    {
      ...reading,
      path: "/v1/auth/events",
      summary: "What was done to the user's way in",
      description:
        "Logins, sessions, passwords, second factors and API keys. Nothing is ever removed.",
      query: createReader("query", z.strictObject({ limit: Limit, cursor: NumberCursor })),
      successes: { 200: { description: "Newest first.", schema: SecurityEventsPage } },
      problems: ["UNAVAILABLE"],
    },
    async ({ identity: { userId }, query: { limit, cursor }, traceparent }) => {
      const request = { userId, limit, ...(cursor === undefined ? {} : { before: cursor }) };
      return answerWith(await services.listSecurityEvents(request, traceparent), "read", (rows) =>
        success(200, {
          events: rows.map(({ eventId, kind, timeS, network, subject }) => ({
            id: eventId,
            kind,
            timeMs: timeS * 1000,
            network,
            subject: subject === "" ? undefined : subject,
          })),
          nextCursor: rows.length === limit ? rows.at(-1)?.eventId : undefined,
        }),
      );
    },
  );
}
