/** What is wrong with one field of a request. */

export const fieldErrorCodes = [
  "REQUIRED",
  "WRONG_TYPE",
  "UNKNOWN_FIELD",
  "NOT_ALLOWED",
  "REPEATED",
  "TOO_SHORT",
  "BAD_FORMAT",
  "NOT_ONE_OF",
  "NOT_A_DECIMAL",
  "TOO_PRECISE",
  "TOO_LONG",
  "OFF_STEP",
  "OUT_OF_RANGE",
  "UNKNOWN_MARKET",
  "UNKNOWN_ASSET",
] as const;

export type FieldErrorCode = (typeof fieldErrorCodes)[number];

export const fieldPlaces = ["body", "query", "path", "header"] as const;

export type FieldPlace = (typeof fieldPlaces)[number];

export interface FieldError {
  readonly in: FieldPlace;
  /** Empty for the whole body. */
  readonly path: string;
  readonly code: FieldErrorCode;
  readonly message: string;
}

export type Parsed<Value> =
  | { readonly kind: "valid"; readonly value: Value }
  | { readonly kind: "invalid"; readonly errors: readonly FieldError[] };

export function valid<Value>(value: Value): Parsed<Value> {
  return { kind: "valid", value };
}

const messageByCode = {
  REQUIRED: "is required",
  WRONG_TYPE: "has the wrong type",
  UNKNOWN_FIELD: "is not known here",
  NOT_ALLOWED: "is not allowed with the other fields",
  REPEATED: "was given more than once",
  TOO_SHORT: "is too short",
  BAD_FORMAT: "has the wrong format",
  NOT_ONE_OF: "is none of the allowed values",
  NOT_A_DECIMAL: "must be a decimal string: digits and at most one point",
  TOO_PRECISE: "has more decimals than are kept",
  TOO_LONG: "is too long",
  OFF_STEP: "is not a whole number of the market's steps",
  OUT_OF_RANGE: "is out of range",
  UNKNOWN_MARKET: "names no market",
  UNKNOWN_ASSET: "names no asset",
} as const satisfies Record<FieldErrorCode, string>;

export function fieldError(place: FieldPlace, path: string, code: FieldErrorCode): FieldError {
  return { in: place, path, code, message: messageByCode[code] };
}
