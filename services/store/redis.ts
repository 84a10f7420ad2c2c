/** Opening Redis so that a dead server is an error at once, and a restarted one is found again. */

import { Redis } from "ioredis";

export const COMMAND_TIMEOUT_MS = 500;

/** Throws at connect when it never answered; after that it reconnects by itself. */
export async function openRedis(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
  });
  // Every failed command rejects on its own; without a listener a lost connection would also end the process.
  redis.on("error", () => undefined);
  await redis.connect();
  return redis;
}
