/** Answers as responses: one place for headers, problem documents and what a client may see of a failure. */

import type { Answer, Problem } from "./answer.ts";
import { problemKind } from "./problem-codes.ts";

type HeaderFields = Readonly<Record<string, string>>;

/** Copied, then added to: building a header list anew for each answer was a third of an order's cost. */
const plainHeaders = new Headers({
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
});
const jsonHeaders = withField(plainHeaders, "content-type", "application/json");
const problemHeaders = withField(plainHeaders, "content-type", "application/problem+json");

export function respond(answer: Answer, requestId: string, more?: HeaderFields): Response {
  const response = responseOf(answer, requestId);
  const { headers } = response;
  headers.set("x-request-id", requestId);
  setFields(headers, more);
  setFields(headers, answer.headers);
  return response;
}

export function statusOf(answer: Answer): number {
  return answer.kind === "problem" ? problemKind(answer.code).status : answer.status;
}

function responseOf(answer: Answer, requestId: string): Response {
  switch (answer.kind) {
    case "success":
      return answer.body === undefined
        ? new Response(null, { status: answer.status, headers: plainHeaders })
        : new Response(JSON.stringify(answer.body), {
            status: answer.status,
            headers: jsonHeaders,
          });
    case "content":
      return new Response(answer.text, { status: answer.status, headers: plainHeaders });
    case "flow":
      return new Response(answer.stream, { status: answer.status, headers: plainHeaders });
    case "problem":
      return problemResponse(answer, requestId);
  }
}

function problemResponse(answer: Problem, requestId: string): Response {
  const { code, detail, errors, members } = answer;
  const { status, title, retryAfterS } = problemKind(code);
  const response = new Response(
    JSON.stringify({
      type: `/docs#${code}`,
      title,
      status,
      detail: detail ?? title,
      code,
      requestId,
      errors,
      ...members,
    }),
    { status, headers: problemHeaders },
  );
  if (retryAfterS !== undefined) response.headers.set("retry-after", String(retryAfterS));
  if (status === 401) response.headers.set("www-authenticate", 'Bearer realm="exchange"');
  return response;
}

function setFields(headers: Headers, fields: HeaderFields | undefined): void {
  if (fields === undefined) return;
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) headers.set(name, value);
  }
}

function withField(headers: Headers, name: string, value: string): Headers {
  const copy = new Headers(headers);
  copy.set(name, value);
  return copy;
}
