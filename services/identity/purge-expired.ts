/** Forgets sessions and revocations that cannot matter any more. Any number of instances may do it. */

import type { Deps } from "./deps.ts";

const ROWS_MAX = 1000;
/** Clocks differ; nothing depends on a row being gone. */
const GRACE_S = 3600;

/** Small steps, so that no login waits for a long lock. */
export async function purgeExpired({ db, nowS }: Pick<Deps, "db" | "nowS">): Promise<void> {
  const beforeS = nowS() - GRACE_S;
  for (const table of ["sessions", "revoked_tokens"] as const) {
    let deleted: bigint;
    do {
      const result = await db
        .deleteFrom(table)
        .where("expires_s", "<", beforeS)
        .limit(ROWS_MAX)
        .executeTakeFirst();
      deleted = result.numDeletedRows;
    } while (deleted >= ROWS_MAX);
  }
}
