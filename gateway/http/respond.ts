/** Answers as responses: one place for headers, problem documents and what a client may see of a failure. */

import type { Answer, Problem } from "./answer.ts";
import { problemKind } from "./problem-codes.ts";

const securityHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

export function respond(
  answer: Answer,
  requestId: string,
  extraHeaders?: Readonly<Record<string, string>>,
): Response {
  switch (answer.kind) {
    case "success":
      return answer.body === undefined
        ? new Response(null, {
            status: answer.status,
            headers: headersOf(requestId, extraHeaders, answer.headers),
          })
        : new Response(JSON.stringify(answer.body), {
            status: answer.status,
            headers: headersOf(requestId, extraHeaders, {
              "content-type": "application/json",
              ...answer.headers,
            }),
          });
    case "content":
      return new Response(answer.text, {
        status: answer.status,
        headers: headersOf(requestId, extraHeaders, answer.headers),
      });
    case "problem":
      return problemResponse(answer, requestId, extraHeaders);
  }
}

export function statusOf(answer: Answer): number {
  return answer.kind === "problem" ? problemKind(answer.code).status : answer.status;
}

function problemResponse(
  answer: Problem,
  requestId: string,
  extraHeaders: Readonly<Record<string, string>> | undefined,
): Response {
  const { status, title, retryAfterS } = problemKind(answer.code);
  const document = {
    type: `/docs#${answer.code}`,
    title,
    status,
    detail: answer.detail ?? title,
    code: answer.code,
    requestId,
    ...(answer.errors === undefined ? {} : { errors: answer.errors }),
    ...answer.members,
  };
  return new Response(JSON.stringify(document), {
    status,
    headers: headersOf(requestId, extraHeaders, {
      "content-type": "application/problem+json",
      ...(retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) }),
      ...(status === 401 ? { "www-authenticate": 'Bearer realm="exchange"' } : {}),
      ...answer.headers,
    }),
  });
}

function headersOf(
  requestId: string,
  ...more: readonly (Readonly<Record<string, string>> | undefined)[]
): Record<string, string> {
  return Object.assign({}, securityHeaders, { "x-request-id": requestId }, ...more);
}
