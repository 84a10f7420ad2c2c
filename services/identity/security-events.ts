/** The history of what was done to a user's way in: written with the deed, in its transaction, and never changed. */

import type { Reply } from "@exchange/streams/runtime";
import type { Kysely } from "kysely";

import type { Deps } from "./deps.ts";
import type { SecurityEvent, SecurityEventKind, SecurityEventsRequest } from "./security-api.ts";
import type { Tables } from "./tables.ts";

/** Rows of one page, whatever was asked for. */
const PAGE_ROWS_MAX = 500;

export interface Deed {
  readonly userId: string;
  readonly kind: SecurityEventKind;
  /** Where it was asked for; unknown for a request that did not say. */
  readonly network: string | undefined;
  readonly nowS: number;
  /** The session, key, passkey or account that it was done to, where there is one. */
  readonly subject?: string;
}

export async function recordDeed(
  tx: Kysely<Tables>,
  { userId, kind, network = "", nowS, subject = "" }: Deed,
): Promise<void> {
  await tx
    .insertInto("security_events")
    .values({ user_id: userId, kind, time_s: nowS, network, subject })
    .execute();
}

/** Newest first. */
export async function listSecurityEvents(
  { db }: Pick<Deps, "db">,
  { userId, limit, before }: SecurityEventsRequest,
): Promise<Reply<readonly SecurityEvent[]>> {
  const page = db
    .selectFrom("security_events")
    .select(["event_id", "kind", "time_s", "network", "subject"])
    .where("user_id", "=", userId)
    .orderBy("event_id", "desc")
    .limit(Math.min(limit, PAGE_ROWS_MAX));
  const rows = await (before === undefined ? page : page.where("event_id", "<", before)).execute();
  const value = rows.map(({ event_id: eventId, kind, time_s: timeS, network, subject }) => ({
    eventId,
    kind,
    timeS,
    network,
    subject,
  }));
  return { kind: "ok", value };
}
