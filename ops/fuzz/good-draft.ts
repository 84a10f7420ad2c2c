/** Requests that a route takes, made from its document and from what is known to exist. */

import fc from "fast-check";

import type { Draft } from "./draft.ts";
import { arbitraryOrder, arbitraryPair, type KnownValues } from "./good-order.ts";
import { type Components, type JsonSchema, resolveSchema } from "./json-schema.ts";
import type { Parameter, Route } from "./routes.ts";

export function arbitraryDraft(route: Route, known: KnownValues): fc.Arbitrary<Draft> {
  const context = { known, components: route.components };
  const fields = (place: Parameter["in"]) =>
    arbitraryFields(
      route.parameters.filter((one) => one.in === place),
      context,
    );
  return fc.record({
    route: fc.constant(route),
    path: fields("path"),
    query: fields("query"),
    headers: fields("header"),
    body: route.body === undefined ? fc.constant(undefined) : arbitraryBody(route, context),
  });
}

interface Context {
  readonly known: KnownValues;
  readonly components: Components;
}

function arbitraryFields(
  parameters: readonly Parameter[],
  context: Context,
): fc.Arbitrary<Record<string, string>> {
  const fields = parameters.map(
    ({ name, schema }) => [name, arbitraryValue(name, schema, context).map(String)] as const,
  );
  return fc.record(Object.fromEntries(fields), {
    requiredKeys: parameters.filter(({ required }) => required).map(({ name }) => name),
  });
}

function arbitraryBody(route: Route, context: Context): fc.Arbitrary<Record<string, unknown>> {
  const documented = arbitraryObject(route.body ?? {}, context);
  switch (route.name) {
    case "POST /v1/orders":
    case "POST /v1/orders/{id}/replace":
      return mostly(arbitraryOrder(context.known), documented);
    case "POST /v1/orders/pairs":
      return mostly(arbitraryPair(context.known), documented);
    default:
      return documented;
  }
}

function mostly<Value>(
  usual: fc.Arbitrary<Value>,
  other: fc.Arbitrary<Value>,
): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: other });
}

function arbitraryObject(
  { properties = {}, required = [] }: JsonSchema,
  context: Context,
): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(properties).map(
    ([name, schema]) => [name, arbitraryValue(name, schema, context)] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
}

function arbitraryValue(
  name: string,
  unresolved: JsonSchema,
  context: Context,
): fc.Arbitrary<unknown> {
  const schema = resolveSchema(unresolved, context.components);
  if (schema.type === "array") return arbitraryList(name, schema, context);
  if (schema.anyOf !== undefined) {
    return fc.oneof(...schema.anyOf.map((one) => arbitraryValue(name, one, context)));
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  const values = context.known[name] ?? [];
  if (values.length > 0) return fc.constantFrom(...values);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "integer") return fc.maxSafeInteger().map((value) => clamp(value, schema));
  if (schema.type === "string") return arbitraryText(schema);
  if (schema.type === "object") return arbitraryObject(schema, context);
  throw new Error(`no request has a field like ${JSON.stringify(schema)}`);
}

const ITEMS_MAX = 3;

/** A list's name is its items' as well. */
function arbitraryList(
  name: string,
  { items = {}, minItems = 0, maxItems = ITEMS_MAX }: JsonSchema,
  context: Context,
): fc.Arbitrary<unknown[]> {
  const length = {
    minLength: minItems,
    maxLength: Math.max(minItems, Math.min(maxItems, ITEMS_MAX)),
  };
  return fc.array(arbitraryValue(name, items, context), length);
}

function clamp(value: number, { minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema) {
  const span = maximum - minimum + 1;
  return minimum + (Math.abs(value) % span);
}

function arbitraryText({
  pattern,
  minLength = 0,
  maxLength = 64,
}: JsonSchema): fc.Arbitrary<string> {
  return pattern === undefined
    ? fc.string({ minLength, maxLength, unit: "grapheme-ascii" })
    : fc.stringMatching(new RegExp(pattern)).filter((text) => text.length <= maxLength);
}
