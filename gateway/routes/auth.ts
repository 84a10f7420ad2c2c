/** Signing up, logging in, staying in and leaving. */

import type { TokenPair } from "@exchange/identity/api";
import { z } from "@hono/zod-openapi";

import { answerWith, success } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount, mountOpen } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath, noQuery } from "../http/reader.ts";
import {
  LogInBody,
  RefreshBody,
  RegisteredView,
  SignUpBody,
  TokenPairView,
} from "../schemas/account.ts";

const tag = "auth";
const plain = {
  tag,
  limit: "auth",
  pathFields: noPath,
  query: noQuery,
  headers: noHeaders,
} as const;
const serviceProblems = ["UNAVAILABLE", "OUTCOME_UNKNOWN"] as const;

export function mountAuth(router: Router): void {
  const { services } = router.deps;

  mountOpen(
    router,
    {
      ...plain,
      method: "post",
      path: "/v1/auth/signup",
      summary: "Create a user and its account",
      body: createReader("body", SignUpBody),
      successes: { 201: { description: "Created.", schema: RegisteredView } },
      problems: ["EMAIL_TAKEN", "HASHING_BUSY", ...serviceProblems],
    },
    async ({ body, network, traceparent }) =>
      answerWith(
        await services.signUp({ ...body, network: network() }, traceparent),
        "write",
        ({ userId, accountId }) => success(201, { userId, accountId }),
      ),
  );

  mountOpen(
    router,
    {
      ...plain,
      method: "post",
      path: "/v1/auth/login",
      summary: "Get an access and a refresh token",
      body: createReader("body", LogInBody),
      successes: { 200: { description: "Logged in.", schema: TokenPairView } },
      problems: [
        "INVALID_CREDENTIALS",
        "TOTP_REQUIRED",
        "INVALID_TOTP",
        "TOO_MANY_ATTEMPTS",
        "HASHING_BUSY",
        ...serviceProblems,
      ],
    },
    async ({ body, network, traceparent }) =>
      answerWith(
        await services.logIn({ ...body, network: network() }, traceparent),
        "write",
        (tokens) => success(200, viewTokens(tokens)),
      ),
  );

  mountOpen(
    router,
    {
      ...plain,
      method: "post",
      path: "/v1/auth/refresh",
      summary: "Trade a refresh token for a new pair",
      description:
        "Asking again within 30 s, because the answer was lost, gives the same refresh token. Any other second use of one ends its session.",
      body: createReader("body", RefreshBody),
      successes: { 200: { description: "A new pair.", schema: TokenPairView } },
      problems: ["INVALID_REFRESH_TOKEN", ...serviceProblems],
    },
    async ({ body, network, traceparent }) =>
      answerWith(
        await services.refresh({ ...body, network: network() }, traceparent),
        "write",
        (tokens) => success(200, viewTokens(tokens)),
      ),
  );

  mountLeaving(router);
}

function mountLeaving(router: Router): void {
  const { services } = router.deps;

  mountAccount(
    router,
    {
      ...plain,
      limit: "reads",
      scope: "session",
      method: "post",
      path: "/v1/auth/logout",
      summary: "End the session of this access token",
      description: "Every gateway honours it within a second. Repeating it changes nothing.",
      body: noBody,
      successes: { 204: { description: "Ended." } },
      problems: serviceProblems,
    },
    async ({ identity, network, traceparent }) =>
      answerWith(
        await services.logOut({ ...identity, network: network() }, traceparent),
        "write",
        () => success(204),
      ),
  );

  mountOpen(
    router,
    {
      ...plain,
      limit: "reads",
      method: "get",
      path: "/.well-known/jwks.json",
      summary: "Public keys of the access tokens",
      body: noBody,
      successes: {
        200: {
          description: "A JSON Web Key Set.",
          schema: z.looseObject({ keys: z.array(z.looseObject({})) }),
        },
      },
      problems: ["UNAVAILABLE"],
    },
    async ({ traceparent }) =>
      answerWith(await services.keySet({}, traceparent), "read", (keys) =>
        success(200, keys, { "cache-control": "public, max-age=60" }),
      ),
  );
}

export function viewTokens(tokens: TokenPair) {
  return {
    accessToken: tokens.accessToken,
    tokenType: "Bearer",
    expiresInSeconds: tokens.expiresInSeconds,
    refreshToken: tokens.refreshToken,
    refreshExpiresInSeconds: tokens.refreshExpiresInSeconds,
  };
}
