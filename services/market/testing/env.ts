/** Where the live tests find Redis. `ops/test` sets it. */
export function readTestRedisUrl(): string {
  const { REDIS_URL } = process.env;
  if (REDIS_URL === undefined) throw new Error("REDIS_URL is not set: run live tests by ops/test");
  return REDIS_URL;
}
