/** Path, query and header fields of a request as plain objects, for the readers. */

import type { SignedRequest } from "../deps.ts";
import type { FieldError } from "./field-error.ts";
import { fieldError } from "./field-error.ts";

export interface QueryFields {
  readonly raw: Readonly<Record<string, string>>;
  /** A name given twice has no one meaning. */
  readonly errors: readonly FieldError[];
}

const noQueryFields: QueryFields = { raw: {}, errors: [] };
const NAME_LENGTH_MAX = 80;

export function queryFields(url: string): QueryFields {
  const start = url.indexOf("?");
  if (start < 0) return noQueryFields;
  const seen = new Map<string, string>();
  const repeated = new Set<string>();
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    if (seen.has(name)) repeated.add(name);
    seen.set(name, value);
  }
  return {
    raw: Object.fromEntries(seen),
    errors: [...repeated].map((name) =>
      fieldError("query", name.slice(0, NAME_LENGTH_MAX), "REPEATED"),
    ),
  };
}

/** Only the named headers: the others are none of the route's business. */
export function headerFields(
  headers: Headers,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) fields[name] = value;
  }
  return fields;
}

/** `Prefer: respond-async`, RFC 7240. */
export function prefersAsync(headers: Headers): boolean {
  const prefer = headers.get("prefer");
  if (prefer === null) return false;
  return prefer
    .split(",")
    .some((preference) => preference.trim().toLowerCase() === "respond-async");
}

const BEARER_PATTERN = /^Bearer ([A-Za-z0-9._~+/-]{1,4096}=*)$/i;

export function bearerToken(headers: Headers): string | undefined {
  const authorization = headers.get("authorization");
  return authorization === null ? undefined : BEARER_PATTERN.exec(authorization)?.[1];
}

/** Whether the client signs with an API key; with a token as well it is not clear who asks, and the key decides. */
export function hasKeyHeaders(headers: Headers): boolean {
  return headers.has("x-api-key");
}

export function signedRequest(
  { method, url, headers }: Request,
  { body, clientAddress }: Pick<SignedRequest, "body" | "clientAddress">,
): SignedRequest {
  return {
    keyId: headers.get("x-api-key") ?? "",
    timeMs: headers.get("x-api-time") ?? "",
    nonce: headers.get("x-api-nonce") ?? "",
    signature: headers.get("x-api-signature") ?? "",
    method,
    target: url.replace(/^[a-z]+:\/\/[^/]*/i, ""),
    body,
    clientAddress,
  };
}

const TRACEPARENT_PATTERN = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f][13579bdf]$/;

/** The client's traceparent when it is valid and sampled. A hint: the gateway decides how many it follows. */
export function traceHint(headers: Headers): string | undefined {
  const traceparent = headers.get("traceparent");
  return traceparent !== null && TRACEPARENT_PATTERN.test(traceparent) ? traceparent : undefined;
}

const REQUEST_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** The client's own id when it is well-formed, so that both sides' logs can be joined. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && REQUEST_ID_PATTERN.test(given) ? given : crypto.randomUUID();
}
