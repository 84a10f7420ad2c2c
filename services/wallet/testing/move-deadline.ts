/** Another deadline for a hold that was placed alone: no test has the time to wait for it. */

import { inTransaction } from "@exchange/store";
import type { HoldId } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import type { Db } from "../tables.ts";

export async function moveDeadline(db: Db, holdId: HoldId, deadlineMs: number): Promise<void> {
  await inTransaction(
    db,
    async (tx) => {
      const group = await tx
        .updateTable("hold_groups")
        .set({ deadline_ms: deadlineMs })
        .where("first_hold_id", "=", String(holdId))
        .where("last_hold_id", "=", String(holdId))
        .executeTakeFirst();
      assert(group.numUpdatedRows === 1n, `hold ${holdId} was placed with others`);
      await tx
        .updateTable("holds")
        .set({ deadline_ms: deadlineMs })
        .where("hold_id", "=", String(holdId))
        .execute();
    },
    { onRetry: () => undefined },
  );
}
