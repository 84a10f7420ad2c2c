/**
 * Proofs of liabilities: for each report and asset a tree over what all accounts have. A report is shown once it is
 * published, and nothing of it changes after that.
 */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

const statements: readonly string[] = [
  `create table if not exists liability_reports (
    report_id bigint not null auto_increment,
    time_ms bigint not null,
    is_published boolean not null,
    primary key (report_id)
  ) engine = InnoDB`,
  `create table if not exists liability_trees (
    report_id bigint not null,
    asset varchar(10) ${ascii} not null,
    leaves int not null,
    root_hash char(64) ${ascii} not null,
    root_units decimal(38,0) not null,
    primary key (report_id, asset)
  ) engine = InnoDB`,
  `create table if not exists liability_leaves (
    report_id bigint not null,
    account_id bigint not null,
    asset varchar(10) ${ascii} not null,
    place int not null,
    salt char(32) ${ascii} not null,
    units decimal(38,0) not null,
    primary key (report_id, account_id, asset)
  ) engine = InnoDB`,
  `create table if not exists liability_nodes (
    report_id bigint not null,
    asset varchar(10) ${ascii} not null,
    height tinyint not null,
    place int not null,
    hash char(64) ${ascii} not null,
    units decimal(38,0) not null,
    primary key (report_id, asset, height, place)
  ) engine = InnoDB`,
];

export const liabilities: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
