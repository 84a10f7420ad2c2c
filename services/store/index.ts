/** Opening MySQL and Redis, transactions and schema versions. */

export { assertSchema, migrate } from "./migrate.ts";
export type { MysqlOptions, TransactionOptions } from "./mysql.ts";
export {
  againAfterDeadlock,
  assertDurable,
  inTransaction,
  isMysqlAway,
  mysqlErrorNumber,
  openMysql,
} from "./mysql.ts";
export { openRedis } from "./redis.ts";
