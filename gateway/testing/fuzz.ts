/** Requests made from the OpenAPI document: mostly what a route takes, with something wrong in it here and there. */

import fc from "fast-check";
import { z } from "zod";

import { nastyText, nastyValue } from "./nasty.ts";

const Schema = z.looseObject({
  $ref: z.string().optional(),
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  maxLength: z.number().optional(),
  example: z.unknown().optional(),
  get properties() {
    return z.record(z.string(), Schema).optional();
  },
  get allOf() {
    return z.array(Schema).optional();
  },
});
type Schema = z.infer<typeof Schema>;

const Parameter = z.object({
  name: z.string(),
  in: z.enum(["path", "query", "header"]),
  schema: Schema,
});
type Parameter = z.infer<typeof Parameter>;

const Operation = z.object({
  parameters: z.array(Parameter).default([]),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: Schema })) }).optional(),
  responses: z.record(z.string(), z.unknown()),
});

const OpenApi = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), Schema) }),
});
export type OpenApi = z.infer<typeof OpenApi>;

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

export interface FuzzedRoute {
  readonly name: string;
  readonly method: string;
  /** Statuses the document promises. */
  readonly statuses: ReadonlySet<number>;
  readonly requests: fc.Arbitrary<FuzzedRequest>;
}

export function fuzzRoutes(document: unknown): FuzzedRoute[] {
  const { paths, components } = OpenApi.parse(document);
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, operation]) => {
      const method = verb.toUpperCase();
      const parameters = arbitraryParameters(operation.parameters, components);
      const bodySchema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
      const body: fc.Arbitrary<string | undefined> =
        bodySchema === undefined ? fc.constant(undefined) : arbitraryBody(bodySchema, components);
      return {
        name: `${method} ${path}`,
        method,
        statuses: new Set(Object.keys(operation.responses).map(Number)),
        requests: fc
          .tuple(parameters, body)
          .map(([given, text]) => buildRequest({ method, path }, given, text)),
      };
    }),
  );
}

interface GivenParameter {
  readonly place: Parameter["in"];
  readonly name: string;
  readonly value: string;
}

function arbitraryParameters(
  parameters: readonly Parameter[],
  components: OpenApi["components"],
): fc.Arbitrary<GivenParameter[]> {
  const declared = parameters.map((parameter) => {
    const { name, in: place, schema } = parameter;
    const value = fc.oneof(
      { weight: 5, arbitrary: arbitraryValue(schema, components).map(String) },
      { weight: 1, arbitrary: nastyText },
    );
    const given = value.map((text): GivenParameter[] => [{ place, name, value: text }]);
    return place === "path" ? given : fc.oneof(given, fc.constant<GivenParameter[]>([]));
  });
  const unknown = fc.oneof(
    { weight: 9, arbitrary: fc.constant<GivenParameter[]>([]) },
    {
      weight: 1,
      arbitrary: nastyText.map((name): GivenParameter[] => [{ place: "query", name, value: "1" }]),
    },
  );
  return fc.tuple(...declared, unknown).map((given) => given.flat());
}

function arbitraryBody(schema: Schema, components: OpenApi["components"]): fc.Arbitrary<string> {
  return fc.oneof(
    {
      weight: 8,
      arbitrary: arbitraryObject(schema, components).map((value) => JSON.stringify(value)),
    },
    { weight: 1, arbitrary: nastyValue.map((value) => JSON.stringify(value) ?? "null") },
    { weight: 1, arbitrary: nastyText },
  );
}

/** An object with any of its fields missing, nasty or unknown. */
function arbitraryObject(
  schema: Schema,
  components: OpenApi["components"],
): fc.Arbitrary<Record<string, unknown>> {
  const { properties = {} } = resolve(schema, components);
  const fields = Object.entries(properties).map(([name, field]) =>
    fc
      .oneof(
        { weight: 12, arbitrary: arbitraryValue(field, components).map((value) => [value]) },
        { weight: 1, arbitrary: nastyValue.map((value) => [value]) },
        { weight: 4, arbitrary: fc.constant<unknown[]>([]) },
      )
      .map((values) => values.map((value): [string, unknown] => [name, value])),
  );
  const unknown = fc.oneof(
    { weight: 9, arbitrary: fc.constant<[string, unknown][]>([]) },
    { weight: 1, arbitrary: fc.tuple(nastyText, nastyValue).map((entry) => [entry]) },
  );
  return fc.tuple(...fields, unknown).map((entries) => Object.fromEntries(entries.flat()));
}

function arbitraryValue(schema: Schema, components: OpenApi["components"]): fc.Arbitrary<unknown> {
  const resolved = resolve(schema, components);
  const generated = generate(resolved);
  return resolved.example === undefined
    ? generated
    : fc.oneof(fc.constant(resolved.example), generated);
}

function generate({ type, enum: names, pattern, maxLength }: Schema): fc.Arbitrary<unknown> {
  if (names !== undefined) return fc.constantFrom(...names);
  if (type === "boolean") return fc.boolean();
  if (type === "integer") return fc.integer({ min: -10, max: 2000 });
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ unit: "binary", maxLength: maxLength ?? 40 });
}

function resolve(schema: Schema, components: OpenApi["components"]): Schema {
  const name = schema.$ref?.split("/").at(-1);
  const referred = name === undefined ? undefined : components.schemas[name];
  const parts = (schema.allOf ?? []).map((part) => resolve(part, components));
  return Object.assign({}, referred, ...parts, schema);
}

function buildRequest(
  { method, path }: { readonly method: string; readonly path: string },
  given: readonly GivenParameter[],
  body: string | undefined,
): FuzzedRequest {
  const of = (place: Parameter["in"]) => given.filter((parameter) => parameter.place === place);
  const query = new URLSearchParams();
  for (const { name, value } of of("query")) query.append(name, value);
  let filled = path;
  for (const { name, value } of of("path")) {
    // A part that is empty or all dots would make another address.
    const part = /^\.{0,2}$/.test(value) ? "x" : value.toWellFormed();
    filled = filled.replace(`{${name}}`, () => encodeURIComponent(part));
  }
  return {
    method,
    path: query.size === 0 ? filled : `${filled}?${query.toString()}`,
    headers: Object.fromEntries(
      // Nothing else is a header value, so nothing else can be sent.
      of("header").map(({ name, value }) => [name, value.replaceAll(/[^\x20-\x7e]/g, "").trim()]),
    ),
    body,
  };
}
