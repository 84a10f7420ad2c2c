/** The amount of a deposit or withdrawal to an asset's smallest units. */

import type { AssetDefinition } from "@exchange/streams/contract";
import { parseDecimal } from "@exchange/streams/contract";
import type { z } from "@hono/zod-openapi";

import type { Markets } from "../deps.ts";
import type { Parsed } from "../http/field-error.ts";
import { fieldError } from "../http/field-error.ts";
import type { Reader } from "../http/reader.ts";
import { parseFields } from "../http/reader.ts";

interface MoneyBody {
  readonly asset: string;
  readonly amount: string;
}

/** `decimalsOf` says how fine the amount may be. */
export function createAmountReader<Body extends MoneyBody>(
  markets: Markets,
  schema: z.ZodType<Body>,
  decimalsOf: (asset: AssetDefinition) => number,
): Reader<Body> {
  return {
    schema,
    read(raw): Parsed<Body> {
      const shape = parseFields("body", schema, raw);
      if (shape.kind === "invalid") return shape;
      const asset = markets.asset(shape.value.asset);
      if (asset === undefined) {
        return { kind: "invalid", errors: [fieldError("body", "asset", "UNKNOWN_ASSET")] };
      }
      const decimals = decimalsOf(asset);
      const units = parseDecimal(shape.value.amount, decimals);
      if (typeof units === "string") {
        return { kind: "invalid", errors: [fieldError("body", "amount", units)] };
      }
      if (units === 0n) {
        return { kind: "invalid", errors: [fieldError("body", "amount", "OUT_OF_RANGE")] };
      }
      const amount = (units * 10n ** BigInt(asset.scale - decimals)).toString();
      return { kind: "valid", value: { ...shape.value, amount } };
    },
  };
}
