/** The sessions of a user: who is logged in, and who no longer. */

import { z } from "@hono/zod-openapi";

import { answerWith, success } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath, noQuery } from "../http/reader.ts";
import { EndedSessionsView, SessionsView } from "../schemas/account.ts";

const plain = { tag: "auth", limit: "reads", headers: noHeaders, body: noBody } as const;
const serviceProblems = ["UNAVAILABLE", "OUTCOME_UNKNOWN"] as const;

const EndQuery = z.strictObject({
  keep: z.enum(["current"]).optional().openapi({ description: "The one that asks stays." }),
});

export function mountSessions(router: Router): void {
  mountList(router);
  mountEnding(router);
}

function mountList(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      scope: "session",
      method: "get",
      path: "/v1/auth/sessions",
      summary: "Where the user is logged in",
      pathFields: noPath,
      query: noQuery,
      successes: { 200: { description: "Newest first.", schema: SessionsView } },
      problems: ["UNAVAILABLE"],
    },
    async ({ identity: { userId, sessionId: own }, traceparent }) =>
      answerWith(await services.listSessions({ userId }, traceparent), "read", (sessions) =>
        success(200, {
          sessions: sessions.map(({ sessionId, network, createdS, seenS, expiresS }) => ({
            id: sessionId,
            current: sessionId === own,
            network,
            createdMs: createdS * 1000,
            seenMs: seenS * 1000,
            expiresMs: expiresS * 1000,
          })),
        }),
      ),
  );
}

function mountEnding(router: Router): void {
  const { services } = router.deps;

  mountAccount(
    router,
    {
      ...plain,
      scope: "session",
      method: "delete",
      path: "/v1/auth/sessions/{id}",
      summary: "End one session",
      description: "Every gateway honours it within a second. Repeating it changes nothing.",
      pathFields: createReader(
        "path",
        z.strictObject({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) }),
      ),
      query: noQuery,
      successes: { 204: { description: "Ended." } },
      problems: ["UNKNOWN_SESSION", ...serviceProblems],
    },
    async ({ identity: { userId }, path: { id: sessionId }, network, traceparent }) =>
      answerWith(
        await services.endSession({ userId, sessionId, network: network() }, traceparent),
        "write",
        () => success(204),
      ),
  );

  mountAccount(
    router,
    {
      ...plain,
      scope: "session",
      method: "delete",
      path: "/v1/auth/sessions",
      summary: "End all sessions",
      description: "With `?keep=current` all others. Every gateway honours it within a second.",
      pathFields: noPath,
      query: createReader("query", EndQuery),
      successes: { 200: { description: "Ended.", schema: EndedSessionsView } },
      problems: serviceProblems,
    },
    async ({ identity: { userId, sessionId }, query: { keep }, network, traceparent }) => {
      const kept = keep === undefined ? {} : { keep: sessionId };
      const request = { userId, network: network(), ...kept };
      return answerWith(await services.endSessions(request, traceparent), "write", ({ ended }) =>
        success(200, { ended }),
      );
    },
  );
}
