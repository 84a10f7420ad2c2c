/** Compares a log line with the index template: what is not declared cannot be searched, what has another type is refused. */

import { join } from "node:path";

import { z } from "zod";

interface Mapping {
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, Mapping>> | undefined;
}

const Mapping: z.ZodType<Mapping> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    properties: z.record(z.string(), Mapping).optional(),
  }),
);
const Template = z.object({
  template: z.object({ mappings: z.object({ dynamic: z.literal(false) }).and(Mapping) }),
});

const file = Bun.file(join(import.meta.dir, "../index-template.json"));
const root: Mapping = Template.parse(await file.json()).template.mappings;

interface Place {
  readonly mapping: Mapping;
  /** Dotted. */
  readonly path: string;
}

/** A text a field: its path and what is wrong. Empty when all is well. */
export function undeclaredFields(line: object): string[] {
  return lookInto({ mapping: root, path: "" }, line);
}

function lookInto({ mapping, path }: Place, fields: object): string[] {
  return Object.entries(fields).flatMap(([dotted, value]) => {
    let place: Place | undefined = { mapping, path };
    for (const name of dotted.split(".")) place = place && placeIn(place, name);
    const full = path === "" ? dotted : `${path}.${dotted}`;
    return place === undefined ? [`${full} is not declared`] : look(place, value);
  });
}

function placeIn({ mapping, path }: Place, name: string): Place | undefined {
  const inner = mapping.properties?.[name];
  return inner && { mapping: inner, path: path === "" ? name : `${path}.${name}` };
}

function look(place: Place, value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => look(place, item));
  const { mapping, path } = place;
  if (typeof value === "object" && value !== null && mapping.properties !== undefined) {
    return lookInto(place, value);
  }
  const type = mapping.type ?? "object";
  return fits(type, value) ? [] : [`${path} is ${JSON.stringify(value)}, not ${type}`];
}

function fits(type: string, value: unknown): boolean {
  switch (type) {
    case "keyword":
    case "wildcard":
    case "match_only_text":
      return typeof value === "string";
    case "long":
    case "integer":
    case "short":
      return Number.isSafeInteger(value);
    case "date":
      return typeof value === "string" && !Number.isNaN(Date.parse(value));
    case "flattened":
      return typeof value === "object" && value !== null;
    default:
      return false;
  }
}
