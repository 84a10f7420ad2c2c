/** Sending one request, and judging its answer by what the route's document promises. */

import { z } from "zod";

import { findViolation } from "./json-schema.ts";
import type { Route } from "./routes.ts";

export interface WireRequest {
  readonly method: string;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A limit is no answer to the request: it is asked again until it passes. */
const LIMIT_PATIENCE_MS = 10_000;
const LIMIT_PAUSE_MS = 50;

export async function ask(gatewayUrl: string, request: WireRequest): Promise<WireAnswer> {
  const giveUpAtMs = performance.now() + LIMIT_PATIENCE_MS;
  for (;;) {
    const { method, target, headers, body } = request;
    const response = await fetch(`${gatewayUrl}${target}`, {
      method,
      headers,
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const isLimited = response.status === 429 && text.includes('"RATE_LIMITED"');
    if (!isLimited || performance.now() > giveUpAtMs) {
      return { status: response.status, headers: response.headers, text };
    }
    await Bun.sleep(LIMIT_PAUSE_MS);
  }
}

const Problem = z.looseObject({
  type: z.string(),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().min(1),
  code: z.string(),
  requestId: z.string().min(1),
  errors: z
    .array(z.object({ in: z.string(), path: z.string(), code: z.string(), message: z.string() }))
    .min(1)
    .optional(),
});

/** Codes of addresses that belong to no route. */
const addressCodes = ["NOT_FOUND", "METHOD_NOT_ALLOWED"] as const;

/** The problem's code; undefined for an answer that is none. Throws when it is no proper problem document. */
export function readProblemCode({ status, headers, text }: WireAnswer): string | undefined {
  if (status < 400) return undefined;
  const mediaType = headers.get("content-type");
  if (mediaType !== "application/problem+json") {
    throw new Error(`${status} with ${String(mediaType)}: ${text.slice(0, 200)}`);
  }
  const problem = Problem.parse(JSON.parse(text));
  if (problem.status !== status) throw new Error(`${status} says it is ${problem.status}`);
  if (problem.requestId !== headers.get("x-request-id")) throw new Error("the request ids differ");
  if (problem.code === "VALIDATION_FAILED" && problem.errors === undefined) {
    throw new Error("VALIDATION_FAILED names no field");
  }
  return problem.code;
}

/** Throws when an answer is a failure of the exchange or not what the document promises. */
export function judge(route: Route, answer: WireAnswer): void {
  const { status, text } = answer;
  if (status >= 500) throw new Error(`${status}: ${text.slice(0, 300)}`);
  const code = readProblemCode(answer);
  if (code !== undefined && addressCodes.some((known) => known === code)) return;
  const documented = route.responses.get(status);
  if (documented === undefined)
    throw new Error(`${status} is not documented: ${text.slice(0, 300)}`);
  if (code !== undefined) {
    if (!documented.codes.has(code)) throw new Error(`${status} ${code} is not documented`);
    return;
  }
  judgeSuccess(route, answer);
}

function judgeSuccess(route: Route, { status, headers, text }: WireAnswer): void {
  const { schema, mediaTypes = [] } = route.responses.get(status) ?? {};
  const mediaType = headers.get("content-type")?.split(";")[0];
  if (mediaTypes.length === 0) {
    if (text !== "") throw new Error(`${status} has a body that is not documented`);
    return;
  }
  if (mediaType === undefined || !mediaTypes.includes(mediaType)) {
    throw new Error(`${status} with ${String(mediaType)}, documented ${mediaTypes.join(", ")}`);
  }
  if (schema === undefined || mediaType !== "application/json") return;
  const violation = findViolation(JSON.parse(text), schema, { components: route.components });
  if (violation !== undefined) throw new Error(`${status}: ${violation}`);
}
