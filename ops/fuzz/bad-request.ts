/** Requests of which exactly one part is bad, each with the codes that may answer it. */

import fc from "fast-check";

import type { WireRequest } from "./ask.ts";
import {
  badAssets,
  badDecimals,
  badEmails,
  badIds,
  badMarkets,
  badOrderIds,
  badPositions,
  badWholeNumbers,
  badWords,
  malformedJson,
  offBook,
  wrongMediaTypes,
  wrongTops,
} from "./bad-text.ts";
import { type Draft, encodeDraft } from "./draft.ts";
import { type JsonSchema, resolveSchema } from "./json-schema.ts";
import type { Route } from "./routes.ts";

export interface BadRequest {
  /** What is bad about it. */
  readonly label: string;
  readonly request: WireRequest;
  /** Any of them refuses it properly. */
  readonly codes: readonly string[];
}

export interface BadToken {
  readonly label: string;
  /** Of the `authorization` header; undefined for none. */
  readonly authorization: string | undefined;
}

type Spoil = (draft: Draft, token: string) => BadRequest;

const fieldCodes = [
  "VALIDATION_FAILED",
  "UNKNOWN_MARKET",
  "UNKNOWN_ASSET",
  "UNKNOWN_ORDER",
  "NOT_FOUND",
  "TOO_PRECISE",
  "INVALID_CREDENTIALS",
  "TOO_MANY_ATTEMPTS",
  "INVALID_REFRESH_TOKEN",
] as const;

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

function without(fields: Readonly<Record<string, unknown>>, name: string) {
  return Object.fromEntries(Object.entries(fields).filter(([known]) => known !== name));
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

function spoilFields(route: Route): fc.Arbitrary<Spoil>[] {
  const { properties = {}, required = [] } = route.body ?? {};
  const spoils = Object.entries(properties).flatMap(([name, unresolved]) => {
    const schema = resolveSchema(unresolved, route.components);
    return [spoilField(name, wrongTypes(schema)), spoilField(name, badTexts(name, schema))];
  });
  const extra = ["x", "accountId", "userId", "orderId", "constructor", "toString", ""];
  return [
    ...spoils,
    fc
      .constantFrom(...extra)
      .map((name) => changeBody(`body has ${name}`, (body) => ({ ...body, [name]: 1 }))),
    ...required.map((name) =>
      fc.constant(changeBody(`body lacks ${name}`, (body) => without(body, name))),
    ),
  ];
}

function spoilField(name: string, values: readonly unknown[]): fc.Arbitrary<Spoil> {
  return fc.constantFrom(...values).map((value) =>
    changeBody(`body ${name} is ${JSON.stringify(value)}`, (body) => ({
      ...body,
      [name]: value,
    })),
  );
}

function changeBody(
  label: string,
  change: (body: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): Spoil {
  return (draft, token) => ({
    label: label.slice(0, 120),
    codes: fieldCodes,
    request: encodeDraft({ ...draft, body: change(draft.body ?? {}) }, token),
  });
}

function wrongTypes({ type }: JsonSchema): readonly unknown[] {
  const values: readonly unknown[] = [
    null,
    0,
    1,
    -1,
    1.5,
    1e21,
    true,
    false,
    "true",
    "",
    [],
    ["1"],
    {},
    { $gt: "" },
  ];
  return values.filter((value) => typeof value !== type);
}

const badTextsByName: Readonly<Record<string, readonly string[]>> = {
  market: badMarkets,
  asset: badAssets,
  id: badOrderIds,
  after: badPositions,
  order: badPositions,
  email: badEmails,
  price: [...badDecimals, ...offBook.price],
  protectionPrice: [...badDecimals, ...offBook.price],
  quantity: [...badDecimals, ...offBook.quantity],
  budget: [...badDecimals, ...offBook.budget],
  amount: badDecimals,
};

/** Texts that the field refuses. By its schema, where nothing more is known about it. */
function badTexts(name: string, schema: JsonSchema): readonly string[] {
  const known = badTextsByName[name];
  if (known !== undefined) return known;
  if (schema.type === "integer") {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema;
    return [...badWholeNumbers, String(minimum - 1), String(BigInt(maximum) + 1n)];
  }
  if (schema.type === "boolean") return ["true", "1", ""];
  if (schema.enum !== undefined)
    return badWords.filter((text) => schema.enum?.includes(text) === false);
  const { pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  const longest = Number.isFinite(maxLength) ? ["x".repeat(maxLength + 1)] : [];
  return [...badIds, ...longest].filter(
    (text) =>
      text.length < minLength ||
      text.length > maxLength ||
      (pattern !== undefined && !new RegExp(pattern).test(text)),
  );
}
