/** Where the live tests find MySQL and Redis. `ops/test` sets it. */
export function readTestServers(): { mysqlUrl: string; redisUrl: string } {
  const { MYSQL_URL, REDIS_URL } = process.env;
  if (MYSQL_URL === undefined || REDIS_URL === undefined) {
    throw new Error("MYSQL_URL and REDIS_URL must be set: run live tests by ops/test");
  }
  return { mysqlUrl: MYSQL_URL, redisUrl: REDIS_URL };
}
