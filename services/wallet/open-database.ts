/** The wallet's database, opened as its statements need it. */

import type { MysqlOptions } from "@exchange/store";
import { openMysql } from "@exchange/store";

import type { Db, Tables } from "./tables.ts";

export function openDatabase(options: MysqlOptions): Db {
  return openMysql<Tables>({ ...options, severalStatements: true });
}
