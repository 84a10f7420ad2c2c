/** Turning one part of a request into a value, with every field's error at once. */

import { z } from "@hono/zod-openapi";

import type { FieldError, FieldErrorCode, FieldPlace, Parsed } from "./field-error.ts";
import { fieldError, fieldErrorCodes, valid } from "./field-error.ts";

/** An answer lists no more; a body of 16 KB could name thousands of unknown fields. */
const ERRORS_MAX = 50;
const PATH_LENGTH_MAX = 80;

export interface Reader<Value> {
  /** What the OpenAPI document says about it; absent when there is nothing to read. */
  readonly schema?: z.ZodType;
  read(raw: unknown): Parsed<Value>;
}

export function createReader<Value>(place: FieldPlace, schema: z.ZodType<Value>): Reader<Value> {
  return { schema, read: (raw) => parseFields(place, schema, raw) };
}

/** For routes without a body: whatever the client sends along is not read. */
export const noBody: Reader<undefined> = { read: () => valid(undefined) };

const nothing = z.strictObject({});

export const noPath = createReader("path", nothing);
export const noQuery = createReader("query", nothing);
export const noHeaders = createReader("header", nothing);

export function parseFields<Value>(
  place: FieldPlace,
  schema: z.ZodType<Value>,
  raw: unknown,
): Parsed<Value> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { kind: "valid", value: parsed.data };
  const errors = parsed.error.issues.flatMap((issue) => errorsOf(place, issue, raw));
  return { kind: "invalid", errors: errors.slice(0, ERRORS_MAX) };
}

function errorsOf(place: FieldPlace, issue: z.core.$ZodIssue, raw: unknown): FieldError[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, ERRORS_MAX).map((key) => {
      const full = path === "" ? key : `${path}.${key}`;
      return fieldError(place, full.slice(0, PATH_LENGTH_MAX), "UNKNOWN_FIELD");
    });
  }
  return [fieldError(place, path.slice(0, PATH_LENGTH_MAX), codeOf(issue, raw))];
}

function codeOf(issue: z.core.$ZodIssue, raw: unknown): FieldErrorCode {
  if (issue.code !== "custom" && valueAt(raw, issue.path) === undefined) return "REQUIRED";
  switch (issue.code) {
    case "invalid_type":
      return "WRONG_TYPE";
    case "invalid_value":
      return "NOT_ONE_OF";
    case "too_big":
      return issue.origin === "string" ? "TOO_LONG" : "OUT_OF_RANGE";
    case "too_small":
      return issue.origin === "string" ? "TOO_SHORT" : "OUT_OF_RANGE";
    case "custom":
      return fieldErrorCodes.find((code) => code === issue.params?.["code"]) ?? "BAD_FORMAT";
    case "invalid_format":
    case "invalid_element":
    case "invalid_key":
    case "invalid_union":
    case "not_multiple_of":
    case "unrecognized_keys":
      return "BAD_FORMAT";
  }
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = new Map<PropertyKey, unknown>(Object.entries(value)).get(key);
  }
  return value;
}
