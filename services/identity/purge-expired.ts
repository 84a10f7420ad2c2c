/** Forgets sessions, revocations and challenges that cannot matter any more. Any number of instances may do it. */

import type { Deps } from "./deps.ts";

const SESSIONS_MAX = 100;
/** Rows of one statement, so that no login waits for a long lock and no statement for its limit. */
const ROWS_MAX = 1000;
/** Clocks differ; nothing depends on a row being gone. */
const GRACE_S = 3600;

type PurgeDeps = Pick<Deps, "db" | "nowS">;

export async function purgeExpired({ db, nowS }: PurgeDeps): Promise<void> {
  const beforeS = nowS() - GRACE_S;
  while ((await purgeSessions(db, beforeS)) >= SESSIONS_MAX);
  for (const table of ["revoked_tokens", "used_challenges"] as const) {
    await inSlices(() =>
      db.deleteFrom(table).where("expires_s", "<", beforeS).limit(ROWS_MAX).executeTakeFirst(),
    );
  }
}

/** Their tokens first: a session has thousands of them, which its own deletion would take along in one statement. */
async function purgeSessions(db: Deps["db"], beforeS: number): Promise<number> {
  const sessions = await db
    .selectFrom("sessions")
    .select("session_id")
    .where("expires_s", "<", beforeS)
    .orderBy("expires_s")
    .limit(SESSIONS_MAX)
    .execute();
  if (sessions.length === 0) return 0;
  const ids = sessions.map(({ session_id: id }) => id);
  await inSlices(() =>
    db
      .deleteFrom("refresh_tokens")
      .where("session_id", "in", ids)
      .limit(ROWS_MAX)
      .executeTakeFirst(),
  );
  await db.deleteFrom("sessions").where("session_id", "in", ids).execute();
  return sessions.length;
}

async function inSlices(
  deleteSlice: () => Promise<{ readonly numDeletedRows: bigint }>,
): Promise<void> {
  while ((await deleteSlice()).numDeletedRows >= ROWS_MAX);
}
