/** Bodies with one bad field, at any depth. */

import fc from "fast-check";

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
  offBook,
} from "./bad-text.ts";
import { encodeDraft } from "./draft.ts";
import { type JsonSchema, resolveSchema } from "./json-schema.ts";
import type { Route } from "./routes.ts";
import { fieldCodes, type Spoil } from "./spoil.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Names of fields from the body down to an object in it. */
type Path = readonly string[];

const unknownNames = ["x", "accountId", "userId", "orderId", "constructor", "toString", ""];

export function spoilFields({ body, components }: Route): fc.Arbitrary<Spoil>[] {
  const spoilObject = ({ properties = {}, required = [] }: JsonSchema, path: Path) => {
    const spoils: fc.Arbitrary<Spoil>[] = [
      fc.constantFrom(...unknownNames).map((name) => setField(path, name, 1)),
      ...required.map((name) => fc.constant(dropField(path, name))),
    ];
    for (const [name, unresolved] of Object.entries(properties)) {
      const schema = resolveSchema(unresolved, components);
      const values = [...wrongTypes(schema), ...badTexts(name, schema)];
      spoils.push(fc.constantFrom(...values).map((value) => setField(path, name, value)));
      if (schema.type === "object") spoils.push(...spoilObject(schema, [...path, name]));
    }
    return spoils;
  };
  return spoilObject(body ?? {}, []);
}

function setField(path: Path, name: string, value: unknown): Spoil {
  const label = `body ${[...path, name].join(".")} is ${JSON.stringify(value)}`;
  return changeBody(label, path, (fields) => ({ ...fields, [name]: value }));
}

function dropField(path: Path, name: string): Spoil {
  const label = `body lacks ${[...path, name].join(".")}`;
  return changeBody(label, path, (fields) => without(fields, name));
}

function changeBody(label: string, path: Path, change: (fields: Fields) => Fields): Spoil {
  return (draft, token) => ({
    label: label.slice(0, 120),
    codes: fieldCodes,
    request: encodeDraft({ ...draft, body: changeAt(draft.body ?? {}, path, change) }, token),
  });
}

function changeAt(fields: Fields, path: Path, change: (fields: Fields) => Fields): Fields {
  const [name, ...rest] = path;
  if (name === undefined) return change(fields);
  const inner = fields[name];
  const members: Fields = typeof inner === "object" && inner !== null ? { ...inner } : {};
  return { ...fields, [name]: changeAt(members, rest, change) };
}

export function without(fields: Fields, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([known]) => known !== name));
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
  return values.filter((value) => {
    if (type === "integer") return !Number.isSafeInteger(value);
    return type === "array" ? !Array.isArray(value) : typeof value !== type;
  });
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
  triggerPrice: [...badDecimals, ...offBook.price],
  trailingOffset: [...badDecimals, ...offBook.price],
  quantity: [...badDecimals, ...offBook.quantity],
  displayQuantity: [...badDecimals, ...offBook.quantity],
  budget: [...badDecimals, ...offBook.budget],
  amount: badDecimals,
};

/** Texts that the field refuses. By its schema, where nothing more is known about it. */
export function badTexts(name: string, schema: JsonSchema): readonly string[] {
  const known = badTextsByName[name];
  if (known !== undefined) return known;
  if (schema.type === "integer") {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema;
    return [...badWholeNumbers, String(minimum - 1), String(BigInt(maximum) + 1n)];
  }
  if (schema.type === "boolean") return ["true", "1", ""];
  if (schema.enum !== undefined)
    return badWords.filter((text) => schema.enum?.includes(text) === false);
  // No text is an object or a list; these refuse it by its type.
  if (schema.type === "object" || schema.type === "array") return badWords;
  const { pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  const longest = Number.isFinite(maxLength) ? ["x".repeat(maxLength + 1)] : [];
  return [...badIds, ...longest].filter(
    (text) =>
      text.length < minLength ||
      text.length > maxLength ||
      (pattern !== undefined && !new RegExp(pattern).test(text)),
  );
}
