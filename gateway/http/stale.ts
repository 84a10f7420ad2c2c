/** Answers of an edge that is cut off: they may not be the newest any more, and say so. */

import type { Known } from "../deps.ts";
import type { Answer } from "./answer.ts";
import { success } from "./answer.ts";

/** `Age` is RFC 9111's, and a negative `ttl` RFC 9211's word for stale. Nobody is to keep it. */
export function staleAnswer({ body, ageMs }: Known): Answer {
  const ageS = Math.floor(ageMs / 1000);
  return success(
    200,
    { ...body, staleAgeMs: ageMs },
    {
      age: String(ageS),
      "cache-status": `exchange-edge; hit; ttl=${0 - ageS}`,
      "cache-control": "no-store",
    },
  );
}
