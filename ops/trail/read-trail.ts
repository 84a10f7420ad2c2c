/**
 * What operators and users did, as one history: commands of the operators' trail and security events, by the times at
 * which MySQL noted them.
 */

import type { MysqlSnapshot, Row } from "../audit/read/mysql-snapshot.ts";
import { numberOf, openMysqlSnapshot, textOf } from "../audit/read/mysql-snapshot.ts";
import type { User } from "../cli/find-user.ts";
import type { TrailEntry } from "./entry.ts";
import { entryOf, TRAIL_TABLE } from "./trail-table.ts";

/** `exitCode` is absent while a command runs, and for ever when it died. */
export type Deed =
  | {
      readonly kind: "operator";
      /** When MySQL noted that it begins, by its clock: long after that where MySQL was away. */
      readonly timeMs: number;
      /** When it began, by the clock of `host`. */
      readonly hostTimeMs: number;
      readonly operator: string;
      readonly osUser: string;
      readonly host: string;
      readonly origin: string;
      readonly verb: string;
      readonly arguments: readonly string[];
      readonly reason: string;
      /** Of its first note in the trail. */
      readonly entry: number;
      /** When MySQL noted how it ended, where that is known. */
      readonly endedMs?: number;
      /** When it ended, by the clock of `host`. */
      readonly endedHostTimeMs?: number;
      readonly exitCode?: number;
      readonly detail?: string;
    }
  | {
      readonly kind: "security";
      readonly timeMs: number;
      readonly email: string;
      readonly userId: string;
      /** What was done: `logged-in`, `password-changed` and the like. */
      readonly deed: string;
      readonly network: string;
      /** The session, key or account that it was done to. */
      readonly subject: string;
    };

export interface TrailQuestion {
  /** Their own deeds, and commands that name them. Absent: everybody's. */
  readonly user?: User | undefined;
  /** By `timeMs`. */
  readonly sinceMs: number;
}

/** The oldest first. `mysqlUrl` without a database. */
export async function* readTrail(mysqlUrl: string, question: TrailQuestion): AsyncGenerator<Deed> {
  const commands = await openMysqlSnapshot(`${mysqlUrl}/exchange_ops`);
  const events = await openMysqlSnapshot(`${mysqlUrl}/exchange_identity`);
  try {
    yield* merge(readCommands(commands, question), readEvents(events, question));
  } finally {
    await commands.end();
    await events.end();
  }
}

/** All of the operators' trail, as it stands in MySQL. */
export async function* readEntries(snapshot: MysqlSnapshot): AsyncGenerator<TrailEntry> {
  const rows = snapshot.stream(`select * from ${TRAIL_TABLE} order by entry`);
  for await (const row of rows) yield entryOf(row);
}

async function* readCommands(
  snapshot: MysqlSnapshot,
  { sinceMs, user }: TrailQuestion,
): AsyncGenerator<Deed> {
  const rows = snapshot.stream(
    `select intent.*, outcome.time_ms as ended_ms, outcome.host_time_ms as ended_host_time_ms,
       outcome.exit_code as ended_with, outcome.detail as ended_by
     from ${TRAIL_TABLE} intent left join ${TRAIL_TABLE} outcome
       on outcome.action_id = intent.action_id and outcome.phase = 'outcome'
     where intent.phase = 'intent' and intent.time_ms >= ${sinceMs} order by intent.entry`,
  );
  for await (const row of rows) {
    const command = commandOf(row);
    const isAsked =
      user === undefined ||
      command.arguments.some(
        (word) => word === user.userId || word.trim().toLowerCase() === user.email,
      );
    if (isAsked) yield command;
  }
}

function commandOf(row: Row): Extract<Deed, { kind: "operator" }> {
  const { entry, timeMs, hostTimeMs, operator, osUser, host, origin, verb, reason, ...note } =
    entryOf(row);
  return {
    kind: "operator",
    timeMs,
    hostTimeMs,
    operator,
    osUser,
    host,
    origin,
    verb,
    arguments: note.arguments,
    reason,
    entry,
    ...(row["ended_ms"] !== null && {
      endedMs: numberOf(row, "ended_ms"),
      endedHostTimeMs: numberOf(row, "ended_host_time_ms"),
      exitCode: numberOf(row, "ended_with"),
      detail: textOf(row, "ended_by"),
    }),
  };
}

async function* readEvents(
  snapshot: MysqlSnapshot,
  { sinceMs, user }: TrailQuestion,
): AsyncGenerator<Deed> {
  const ofUser = user === undefined ? "" : `and event.user_id = '${user.userId}'`;
  const rows = snapshot.stream(
    `select event.*, users.email from security_events event join users on users.user_id = event.user_id
     where event.time_s >= ${Math.floor(sinceMs / 1000)} ${ofUser} order by event.event_id`,
  );
  for await (const row of rows) {
    yield {
      kind: "security",
      timeMs: numberOf(row, "time_s") * 1000,
      email: textOf(row, "email"),
      userId: textOf(row, "user_id"),
      deed: textOf(row, "kind"),
      network: textOf(row, "network"),
      subject: textOf(row, "subject"),
    };
  }
}

/** Each keeps its own order, which is that in which it was written. */
async function* merge(
  left: AsyncGenerator<Deed>,
  right: AsyncGenerator<Deed>,
): AsyncGenerator<Deed> {
  let [one, other] = [await left.next(), await right.next()];
  while (one.done !== true || other.done !== true) {
    const isLeft =
      other.done === true || (one.done !== true && one.value.timeMs <= other.value.timeMs);
    if (isLeft && one.done !== true) {
      yield one.value;
      one = await left.next();
    } else if (other.done !== true) {
      yield other.value;
      other = await right.next();
    }
  }
}
