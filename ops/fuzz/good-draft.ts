/** Requests that a route takes, made from its document and from what is known to exist. */

import fc from "fast-check";

import type { Draft } from "./draft.ts";
import { type JsonSchema, resolveSchema } from "./json-schema.ts";
import type { Parameter, Route } from "./routes.ts";

/** Values by field name that mean something in the exchange that runs. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;

export function arbitraryDraft(route: Route, known: KnownValues): fc.Arbitrary<Draft> {
  const fields = (place: Parameter["in"]) =>
    arbitraryFields(
      route.parameters.filter((one) => one.in === place),
      known,
    );
  return fc.record({
    route: fc.constant(route),
    path: fields("path"),
    query: fields("query"),
    headers: fields("header"),
    body: route.body === undefined ? fc.constant(undefined) : arbitraryBody(route, known),
  });
}

function arbitraryFields(
  parameters: readonly Parameter[],
  known: KnownValues,
): fc.Arbitrary<Record<string, string>> {
  const fields = parameters.map(
    ({ name, schema }) => [name, arbitraryValue(name, schema, known).map(String)] as const,
  );
  return fc.record(Object.fromEntries(fields), {
    requiredKeys: parameters.filter(({ required }) => required).map(({ name }) => name),
  });
}

function arbitraryBody(route: Route, known: KnownValues): fc.Arbitrary<Record<string, unknown>> {
  if (route.name === "POST /v1/orders") return arbitraryOrder(known);
  const { properties = {}, required = [] } = route.body ?? {};
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      [name, arbitraryValue(name, resolveSchema(schema, route.components), known)] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
}

/** Which fields go with which is not in the document. */
function arbitraryOrder(known: KnownValues): fc.Arbitrary<Record<string, unknown>> {
  const pick = (name: string) => fc.constantFrom(...(known[name] ?? []));
  const side = fc.constantFrom("buy", "sell");
  const common = { market: pick("market"), clientOrderId: arbitraryClientOrderId };
  const quantity = pick("quantity");
  return fc.oneof(
    fc.record(
      {
        ...common,
        side,
        type: fc.constant("limit"),
        timeInForce: fc.constantFrom("GTC", "IOC", "FOK"),
        price: pick("price"),
        quantity,
      },
      { requiredKeys: ["market", "side", "type", "price", "quantity"] },
    ),
    fc.record({
      ...common,
      side,
      type: fc.constant("limit"),
      postOnly: fc.boolean(),
      price: pick("price"),
      quantity,
    }),
    fc.record({
      ...common,
      side,
      type: fc.constant("market"),
      protectionPrice: pick("price"),
      quantity,
    }),
    fc.record({
      ...common,
      side: fc.constant("buy"),
      type: fc.constant("market"),
      protectionPrice: pick("price"),
      budget: pick("budget"),
    }),
  );
}

const arbitraryClientOrderId = fc.stringMatching(/^[A-Za-z0-9_-]{8,36}$/);

function arbitraryValue(
  name: string,
  schema: JsonSchema,
  known: KnownValues,
): fc.Arbitrary<unknown> {
  const values = known[name];
  return values === undefined || values.length === 0
    ? arbitraryBySchema(schema)
    : fc.constantFrom(...values);
}

function arbitraryBySchema(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "integer") return fc.maxSafeInteger().map((value) => clamp(value, schema));
  if (schema.type === "string") return arbitraryText(schema);
  throw new Error(`no request has a field like ${JSON.stringify(schema)}`);
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
