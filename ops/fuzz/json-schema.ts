/** The part of JSON Schema that the exchange's document uses. */

import { z } from "zod";

const jsonTypes = ["string", "integer", "number", "boolean", "array", "object", "null"] as const;

export interface JsonSchema {
  readonly $ref?: string | undefined;
  readonly allOf?: readonly JsonSchema[] | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly type?: (typeof jsonTypes)[number] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly pattern?: string | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | object | undefined;
  readonly items?: JsonSchema | undefined;
  readonly prefixItems?: readonly JsonSchema[] | undefined;
}

export const JsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    allOf: z.array(JsonSchema).optional(),
    anyOf: z.array(JsonSchema).optional(),
    type: z.enum(jsonTypes).optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    pattern: z.string().optional(),
    minLength: z.int().optional(),
    maxLength: z.int().optional(),
    minItems: z.int().optional(),
    maxItems: z.int().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    properties: z.record(z.string(), JsonSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), z.looseObject({})]).optional(),
    items: JsonSchema.optional(),
    prefixItems: z.array(JsonSchema).optional(),
  }),
);

export type Components = Readonly<Record<string, JsonSchema>>;

/** The schema itself: references followed, parts of an `allOf` laid over one another. */
export function resolveSchema(schema: JsonSchema, components: Components): JsonSchema {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace("#/components/schemas/", "");
    const target = components[name];
    if (target === undefined) throw new Error(`the document has no schema ${schema.$ref}`);
    return resolveSchema(target, components);
  }
  if (schema.allOf === undefined) return schema;
  const { allOf, ...own } = schema;
  return Object.assign({}, ...allOf.map((part) => resolveSchema(part, components)), own);
}

/** What is wrong with a value by its schema, the first thing found; undefined when nothing is. */
export function findViolation(
  value: unknown,
  unresolved: JsonSchema,
  { components, path = "$" }: { readonly components: Components; readonly path?: string },
): string | undefined {
  const schema = resolveSchema(unresolved, components);
  const isOneOf = schema.anyOf?.some(
    (one) => findViolation(value, one, { components, path }) === undefined,
  );
  if (isOneOf === false) return `${path} is none of what it may be`;
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return `${path} is none of the enum`;
  if (schema.const !== undefined && schema.const !== value) return `${path} is not the constant`;
  switch (schema.type) {
    case "string":
      if (typeof value !== "string") return `${path} is no string`;
      return schema.pattern === undefined || new RegExp(schema.pattern, "u").test(value)
        ? undefined
        : `${path} does not match ${schema.pattern}`;
    case "integer":
      return Number.isSafeInteger(value) ? undefined : `${path} is no integer`;
    case "number":
    case "boolean":
      return typeof value === schema.type ? undefined : `${path} is no ${schema.type}`;
    case "array":
      return findInArray(value, schema, { components, path });
    case "object":
      return findInObject(value, schema, { components, path });
    case "null":
      return value === null ? undefined : `${path} is not null`;
    case undefined:
      return undefined;
  }
}

interface Place {
  readonly components: Components;
  readonly path: string;
}

function findInArray(value: unknown, schema: JsonSchema, place: Place): string | undefined {
  if (!Array.isArray(value)) return `${place.path} is no array`;
  for (const [index, item] of value.entries()) {
    const itemSchema = schema.prefixItems?.[index] ?? schema.items;
    if (itemSchema === undefined) continue;
    const found = findViolation(item, itemSchema, { ...place, path: `${place.path}[${index}]` });
    if (found !== undefined) return found;
  }
  return undefined;
}

function findInObject(value: unknown, schema: JsonSchema, place: Place): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return `${place.path} is no object`;
  }
  const members = new Map<string, unknown>(Object.entries(value));
  const missing = schema.required?.find((name) => !members.has(name));
  if (missing !== undefined) return `${place.path}.${missing} is missing`;
  for (const [name, member] of members) {
    const path = `${place.path}.${name}`;
    const memberSchema = schema.properties?.[name];
    if (memberSchema === undefined) {
      if (schema.additionalProperties === false) return `${path} is not documented`;
      continue;
    }
    const found = findViolation(member, memberSchema, { ...place, path });
    if (found !== undefined) return found;
  }
  return undefined;
}
