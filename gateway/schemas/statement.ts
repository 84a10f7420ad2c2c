/** Statements as clients read them. */

import { postingReasons } from "@exchange/wallet/ledger";
import { z } from "@hono/zod-openapi";

import { AssetName, Decimal, TimeMs } from "./common.ts";

const SignedDecimal = z
  .string()
  .openapi("SignedDecimal", { pattern: "^-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?$", example: "-0.25" });

export const StatementView = z
  .strictObject({
    entries: z.array(
      z.strictObject({
        id: z.string(),
        timeMs: TimeMs,
        reason: z.enum(postingReasons),
        reference: z.string().openapi({
          description:
            "`<MARKET>:<n>-<index>` of a trade, a cancel or a change, else a hold, a deposit, a withdrawal or a transfer.",
        }),
        asset: AssetName,
        availableChange: SignedDecimal,
        heldChange: SignedDecimal,
        available: Decimal.openapi({ description: "After the entry." }),
        held: Decimal,
      }),
    ),
    sums: z.array(
      z.strictObject({
        asset: AssetName,
        availableChange: SignedDecimal,
        heldChange: SignedDecimal,
      }),
    ),
  })
  .openapi("Statement");
