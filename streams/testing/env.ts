/** Where the live tests find a server. `ops/test` sets it. */
export function readTestServer(): { url: string; user?: string; password?: string } {
  const { NATS_URL, NATS_USER, NATS_PASSWORD } = process.env;
  if (NATS_URL === undefined) throw new Error("NATS_URL is not set: run live tests by ops/test");
  return {
    url: NATS_URL,
    ...(NATS_USER === undefined ? {} : { user: NATS_USER }),
    ...(NATS_PASSWORD === undefined ? {} : { password: NATS_PASSWORD }),
  };
}
