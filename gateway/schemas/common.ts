/** Fields that many routes share. */

import {
  ASSET_ID_PATTERN,
  CLIENT_ORDER_ID_PATTERN,
  MARKET_ID_PATTERN,
  parseMarketPosition,
} from "@exchange/streams/contract";
import { z } from "@hono/zod-openapi";

export const PAGE_ROWS_MAX = 500;
const PAGE_ROWS_DEFAULT = 100;
const TEXT_LENGTH_MAX = 64;

/** As answered. As sent, the market's parser looks at it, so that the refusal says what is wrong. */
export const Decimal = z
  .string()
  .openapi("Decimal", { pattern: "^(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?$", example: "0.25" });

export const MarketName = z
  .string()
  .regex(MARKET_ID_PATTERN)
  .openapi({ description: "`<BASE>-<QUOTE>`", example: "BTC-USD" });

export const AssetName = z.string().regex(ASSET_ID_PATTERN).openapi({ example: "USD" });

export const ClientOrderId = z.string().regex(CLIENT_ORDER_ID_PATTERN).openapi({
  description: "Unique per account and market: a repeat is answered with the same order.",
  example: "my-order-1",
});

/** `BTC-USD:1024`. */
export const PositionText = z.string().openapi({
  description: "`<MARKET>:<n>`, a place in the market's log.",
  example: "BTC-USD:1024",
});

/** What a user calls something of its own: printable ASCII. */
export const Label = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/);

export const TimeMs = z.int().openapi({ description: "Milliseconds since 1970." });

/** A field code for the error list. */
export function refuse(context: z.RefinementCtx, code: string): never {
  context.addIssue({ code: "custom", params: { code } });
  return z.NEVER;
}

export const After = z
  .string()
  .transform((text, context) => parseMarketPosition(text) ?? refuse(context, "BAD_FORMAT"))
  .optional()
  .openapi({
    type: "string",
    description:
      "An `at` of an earlier answer. Waits up to a second until the view has reached it, else 503 LAGGING.",
    example: "BTC-USD:1024",
  });

/** A whole number in a query: ASCII digits only, where a coercion would also take `1e2` or blanks. */
export function wholeNumber(range: { min: number; max: number; default: number }) {
  return z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return range.default;
      if (!/^[0-9]{1,16}$/.test(text)) return refuse(context, "BAD_FORMAT");
      const value = Number(text);
      return value >= range.min && value <= range.max ? value : refuse(context, "OUT_OF_RANGE");
    })
    .openapi({ type: "integer", minimum: range.min, maximum: range.max, default: range.default });
}

export const Limit = wholeNumber({ min: 1, max: PAGE_ROWS_MAX, default: PAGE_ROWS_DEFAULT });

export const Cursor = z
  .string()
  .regex(/^[A-Za-z0-9_:.=-]{1,256}$/)
  .optional()
  .openapi({ description: "`nextCursor` of the page before." });

/** Of a list whose cursor is a row's number. */
export const NumberCursor = z
  .string()
  .regex(/^[1-9][0-9]{0,18}$/)
  .optional()
  .openapi({ description: "`nextCursor` of the page before." });

export const NextCursor = z
  .string()
  .optional()
  .openapi({ description: "Absent on the last page." });

/** Chosen by the client; a repeat with the same key is answered as the first was. */
export const IdempotencyKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/)
  .openapi({ example: "a3f1c0de-0001" });

export const MarketPath = z.strictObject({ market: MarketName });

/** Longest text of an id in a path. */
export const PathText = z.string().max(TEXT_LENGTH_MAX);

/** Only for the document: a tag that nobody gave out is no error. */
export const ConditionalHeaders = z.strictObject({
  "if-none-match": z.string().optional().openapi({ description: "An `ETag` you have." }),
});
