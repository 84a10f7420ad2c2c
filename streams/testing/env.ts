/** Where the live tests find their servers, and what the processes they start are given. `ops/test` sets it. */

export function readTestServer(): { url: string; user?: string; password?: string } {
  const { NATS_USER, NATS_PASSWORD } = process.env;
  return {
    url: required("NATS_URL"),
    ...(NATS_USER === undefined ? {} : { user: NATS_USER }),
    ...(NATS_PASSWORD === undefined ? {} : { password: NATS_PASSWORD }),
  };
}

/** Without a database, and without a slash at its end. */
export function readTestMysqlUrl(): string {
  return required("MYSQL_URL").replace(/\/$/, "");
}

export function readTestRedisUrl(): string {
  return required("REDIS_URL");
}

/** A process under test gets nothing but what it is told, and where programs are. */
export function minimalEnv(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "" };
}

/** What a service needs to find NATS. */
export function natsEnv(): Record<string, string> {
  const { url, user, password } = readTestServer();
  return {
    NATS_URL: url,
    ...(user === undefined ? {} : { NATS_USER: user }),
    ...(password === undefined ? {} : { NATS_PASSWORD: password }),
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run live tests by ops/test`);
  return value;
}
