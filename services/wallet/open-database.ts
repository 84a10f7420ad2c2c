/** The wallet's database, opened as its statements need it. */

import { openMysql } from "@exchange/store";

import type { Db, Tables } from "./tables.ts";

export function openDatabase(options: {
  readonly url: string;
  readonly connectionsMax: number;
}): Db {
  return openMysql<Tables>({ ...options, severalStatements: true });
}
