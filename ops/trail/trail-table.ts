/** The operators' trail in MySQL: a database of its own, in which operators may read and add, and nobody may change. */

import type { Connection } from "mysql2/promise";
import { createConnection } from "mysql2/promise";

import type { Row } from "../audit/read/mysql-snapshot.ts";
import { numberOf, textOf } from "../audit/read/mysql-snapshot.ts";
import type { TrailEntry } from "./entry.ts";
import { Note } from "./entry.ts";

export const TRAIL_TABLE = "exchange_ops.operator_actions";

const ascii = "character set ascii collate ascii_bin";

/** Safe to repeat, and repeated at every start: a restored table comes without its triggers. */
export const trailStatements: readonly string[] = [
  "create database if not exists exchange_ops character set utf8mb4 collate utf8mb4_bin",
  `create table if not exists ${TRAIL_TABLE} (
    entry bigint not null,
    time_ms bigint not null,
    action_id char(32) ${ascii} not null,
    phase enum('intent', 'outcome') ${ascii} not null,
    host_time_ms bigint not null,
    operator varchar(64) not null,
    os_user varchar(64) not null,
    host varchar(255) not null,
    origin varchar(255) not null,
    verb varchar(64) not null,
    arguments mediumtext not null,
    reason varchar(512) not null,
    exit_code smallint null,
    detail varchar(512) not null,
    hash char(64) ${ascii} not null,
    primary key (entry),
    unique key operator_actions_once (action_id, phase)
  ) engine = InnoDB`,
  ...(["update", "delete"] as const).map(
    (change) =>
      `create trigger if not exists exchange_ops.operator_actions_no_${change} before ${change} on ${TRAIL_TABLE}
       for each row signal sqlstate '45000' set message_text = 'operator_actions is append-only'`,
  ),
  `grant select, insert on ${TRAIL_TABLE} to 'exchange_ops'@'%'`,
];

/** An operator waits no longer for a server that does not answer. */
const CONNECT_LIMIT_MS = 3000;

export async function openTrail(mysqlUrl: string): Promise<Connection> {
  return await createConnection({
    uri: mysqlUrl,
    connectTimeout: CONNECT_LIMIT_MS,
    supportBigNumbers: true,
  });
}

/** Throws on a row that this program cannot have written. */
export function entryOf(row: Row): TrailEntry {
  const note = Note.parse({
    actionId: row["action_id"],
    phase: row["phase"],
    hostTimeMs: numberOf(row, "host_time_ms"),
    operator: row["operator"],
    osUser: row["os_user"],
    host: row["host"],
    origin: row["origin"],
    verb: row["verb"],
    arguments: JSON.parse(textOf(row, "arguments")),
    reason: row["reason"],
    exitCode: row["exit_code"],
    detail: row["detail"],
  });
  return {
    ...note,
    entry: numberOf(row, "entry"),
    timeMs: numberOf(row, "time_ms"),
    hash: textOf(row, "hash"),
  };
}
