/** Redis for the shared rate limits, which also work without it. */

import { Redis } from "ioredis";

const COMMAND_TIMEOUT_MS = 200;

/** Connects in the background: a gateway serves while Redis is away. */
export function openLimitStore(url: string): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
  });
  // Every failed command rejects on its own; without a listener a lost connection would also end the process.
  redis.on("error", () => undefined);
  return redis;
}
