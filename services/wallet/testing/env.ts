/** Where the live tests find MySQL. `ops/test` sets it. */
export function readTestMysqlUrl(): string {
  const { MYSQL_URL } = process.env;
  if (MYSQL_URL === undefined) throw new Error("MYSQL_URL is not set: run live tests by ops/test");
  return MYSQL_URL;
}
