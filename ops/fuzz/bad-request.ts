/** Requests of which exactly one part is bad, each with the codes that may answer it. */

import fc from "fast-check";

import { badTexts, spoilFields, without } from "./bad-field.ts";
import { malformedJson, wrongMediaTypes, wrongTops } from "./bad-text.ts";
import { encodeDraft } from "./draft.ts";
import type { Route } from "./routes.ts";
import { fieldCodes, type Spoil } from "./spoil.ts";

export interface BadToken {
  readonly label: string;
  /** Of the `authorization` header; undefined for none. */
  readonly authorization: string | undefined;
}

/** Undefined for a route of which nothing can be bad. */
export function listSpoils(
  route: Route,
  badTokens: readonly BadToken[],
): readonly fc.Arbitrary<Spoil>[] {
  return [
    spoilQueryNames(),
    ...route.parameters.flatMap((parameter) => spoilParameter(parameter)),
    ...(route.body === undefined ? [] : [...spoilBody(), ...spoilFields(route)]),
    ...(route.needsToken ? [spoilToken(badTokens)] : []),
  ];
}

function spoilToken(badTokens: readonly BadToken[]): fc.Arbitrary<Spoil> {
  return fc.constantFrom(...badTokens).map(({ label, authorization }) => (draft) => {
    const request = encodeDraft(draft, undefined);
    return {
      label: `token: ${label}`,
      codes: ["UNAUTHENTICATED"],
      request:
        authorization === undefined
          ? request
          : { ...request, headers: { ...request.headers, authorization } },
    };
  });
}

/** A name that the route does not know, or one that comes twice. */
function spoilQueryNames(): fc.Arbitrary<Spoil> {
  const names = [
    "x",
    "LIMIT",
    "market[]",
    "__proto__",
    "constructor",
    "accountId",
    " limit",
    "limit%00",
  ];
  return fc.constantFrom(...names).map((name) => (draft, token) => {
    const request = encodeDraft(draft, token);
    const mark = request.target.includes("?") ? "&" : "?";
    const target = `${request.target}${mark}${encodeURIComponent(name)}=1`;
    return { label: `query has ${name}`, codes: fieldCodes, request: { ...request, target } };
  });
}

function spoilParameter({ in: place, name, required, schema }: Route["parameters"][number]) {
  const part = ({ path: "path", query: "query", header: "headers" } as const)[place];
  const texts = badTexts(name, schema).filter((text) => place !== "header" || isHeaderText(text));
  const spoils: fc.Arbitrary<Spoil>[] = [];
  if (texts.length > 0) {
    spoils.push(
      fc.constantFrom(...texts).map((text) => (draft, token) => ({
        label: `${place} ${name} is ${JSON.stringify(text)}`,
        codes: fieldCodes,
        request: encodeDraft({ ...draft, [part]: { ...draft[part], [name]: text } }, token),
      })),
    );
  }
  if (place === "query") {
    spoils.push(
      fc.constant((draft, token) => {
        const request = encodeDraft(draft, token);
        const target = `${request.target.split("?")[0]}?${name}=1&${name}=1`;
        return { label: `query ${name} twice`, codes: fieldCodes, request: { ...request, target } };
      }),
    );
  }
  if (required && place !== "path") {
    spoils.push(
      fc.constant((draft, token) => ({
        label: `${place} ${name} is missing`,
        codes: fieldCodes,
        request: encodeDraft({ ...draft, [part]: without(draft[part], name) }, token),
      })),
    );
  }
  return spoils;
}

/** Blanks at its ends are no part of a header's value. */
function isHeaderText(text: string): boolean {
  return text.trim() !== "" && /^[\x20-\x7e]*$/.test(text);
}

function replaceBody(texts: readonly string[], codes: readonly string[]): fc.Arbitrary<Spoil> {
  return fc.constantFrom(...texts).map((body) => (draft, token) => ({
    label: `body is ${JSON.stringify(body.slice(0, 40))}`,
    codes,
    request: { ...encodeDraft(draft, token), body },
  }));
}

/** The body as a whole. */
function spoilBody(): fc.Arbitrary<Spoil>[] {
  return [
    replaceBody(malformedJson, ["MALFORMED_JSON"]),
    replaceBody(wrongTops, ["VALIDATION_FAILED"]),
    fc.constantFrom(...wrongMediaTypes).map((mediaType) => (draft, token) => {
      const request = encodeDraft(draft, token);
      return {
        label: `content-type is ${mediaType}`,
        codes: ["UNSUPPORTED_MEDIA_TYPE"],
        request: { ...request, headers: { ...request.headers, "content-type": mediaType } },
      };
    }),
    fc.integer({ min: 16 * 1024 + 1, max: 200_000 }).map((bytes) => (draft, token) => {
      const request = encodeDraft(draft, token);
      const body = JSON.stringify(draft.body).padEnd(bytes);
      return {
        label: `body of ${bytes} bytes`,
        codes: ["BODY_TOO_LARGE"],
        request: { ...request, body },
      };
    }),
    fc.nat({ max: 60 }).map((cut) => (draft, token) => {
      const whole = JSON.stringify(draft.body);
      const body = whole.slice(0, Math.min(cut, whole.length - 1));
      return {
        label: `body cut after ${cut}`,
        codes: ["MALFORMED_JSON"],
        request: { ...encodeDraft(draft, token), body },
      };
    }),
  ];
}
