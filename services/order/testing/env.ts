/** Where the live tests find MySQL, and what the processes they start are given. `ops/test` sets it. */

export function readTestMysqlUrl(): string {
  const { MYSQL_URL } = process.env;
  if (MYSQL_URL === undefined) throw new Error("MYSQL_URL is not set: run live tests by ops/test");
  return MYSQL_URL.replace(/\/$/, "");
}

/** A process under test gets nothing but what it is told, and where programs are. */
export function minimalEnv(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "" };
}
