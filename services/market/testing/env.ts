/** Where the live tests find Redis. `ops/test` sets it. */
export function readTestRedisUrl(): string {
  const { REDIS_URL } = process.env;
  if (REDIS_URL === undefined) throw new Error("REDIS_URL is not set: run live tests by ops/test");
  return REDIS_URL;
}

/** The environment of a market service on the servers under test, with any free admin port. */
export function marketProcessEnv(instance: string): Record<string, string | undefined> {
  const { NATS_URL, NATS_USER, NATS_PASSWORD, REDIS_URL, PATH } = process.env;
  return {
    PATH,
    NATS_URL,
    NATS_USER,
    NATS_PASSWORD,
    REDIS_URL,
    ADMIN_PORT: "0",
    SERVICE_INSTANCE: instance,
    LOG_LEVEL: "info",
  };
}
