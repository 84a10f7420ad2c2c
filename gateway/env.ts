/** What the gateway reads from its environment, all problems at once. */

import { runtimeEnvShape, withFiles } from "@exchange/streams/runtime";
import { z } from "zod";

const PerSecond = z.coerce.number().positive().max(1_000_000);

const Env = z.object({
  ...runtimeEnvShape,
  HTTP_HOST: z.string().min(1).default("127.0.0.1"),
  /** 0 is any free port. */
  HTTP_PORT: z.coerce.number().int().min(0).max(65_535),
  REDIS_URL: z.url(),
  /** `on`: NATS_URL is a leaf node, and the exchange behind it may be out of reach (gateway/edge). */
  EDGE: z.enum(["on", "off"]).default("off"),
  TEST_FUNDS: z.enum(["on", "off"]).default("off"),
  /** Sign-ups, logins and refreshes of one client address. */
  RATE_LIMIT_AUTH_PER_MINUTE: z.coerce.number().int().min(1).default(1200),
  /** Placements and cancels of one account; a second's worth may come at once. */
  RATE_LIMIT_ORDERS_PER_SECOND: PerSecond.default(1000),
  /** Everything else of one account or, without a token, of one client address. */
  RATE_LIMIT_READS_PER_SECOND: PerSecond.default(500),
  /** Of one API key, within what its account has. */
  RATE_LIMIT_KEY_PER_SECOND: PerSecond.default(500),
  /** Of one client address, whoever speaks from there. */
  RATE_LIMIT_ADDRESS_PER_SECOND: PerSecond.default(10_000),
  /** Access tokens of one client address that are missing, refused or being looked at for the first time. */
  RATE_LIMIT_TOKENS_PER_SECOND: PerSecond.default(200),
  /** WebSocket connections of one client address. */
  SOCKETS_PER_ADDRESS_MAX: z.coerce.number().int().min(1).default(1000),
  /** Proxies in front that add to `X-Forwarded-For`. */
  TRUSTED_PROXY_HOPS: z.coerce.number().int().min(0).max(10).default(0),
  /** Requests worked on at once in this process. */
  IN_FLIGHT_MAX: z.coerce.number().int().min(1).default(8192),
});

export type GatewayEnv = Readonly<z.infer<typeof Env>>;

export function readEnv(source: Record<string, string | undefined> = process.env): GatewayEnv {
  const parsed = Env.safeParse(withFiles(Env.shape, source));
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}
