/** A proof of liabilities as clients read it, and as the standalone verifier does. */

import { z } from "@hono/zod-openapi";

import { AssetName, Decimal, TimeMs } from "./common.ts";

const Units = z
  .string()
  .openapi("Units", { pattern: "^[0-9]+$", description: "Of the asset's smallest ones." });
const Hash = z.string().openapi({ pattern: "^[0-9a-f]{64}$" });
const Node = z.strictObject({ hash: Hash, units: Units }).openapi("SumNode");

export const LiabilityProofView = z
  .strictObject({
    reportId: z.string(),
    timeMs: TimeMs.openapi({ description: "When the ledger was like this." }),
    accountId: z.int(),
    balances: z.array(
      z.strictObject({
        asset: AssetName,
        balance: Decimal.openapi({ description: "Available and held." }),
        units: Units,
        salt: z.string(),
        place: z.int().openapi({ description: "Among the leaves, from 0." }),
        leaves: z.int(),
        root: Node,
        path: z.array(Node).openapi({ description: "The other node below each parent." }),
      }),
    ),
  })
  .openapi("LiabilityProof");
