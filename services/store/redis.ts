/** Opening Redis so that a dead server is an error at once, and a restarted one is found again. */

import { Redis } from "ioredis";

const COMMAND_TIMEOUT_MS = 500;

export interface RedisOptions {
  /** For what works without Redis: a server that is down now is found when it comes. */
  readonly mayBeDown?: boolean;
}

/** Throws at connect when it never answered, unless it may be down; after that it reconnects by itself. */
export async function openRedis(
  url: string,
  { mayBeDown = false }: RedisOptions = {},
): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
  });
  // Every failed command rejects on its own; without a listener a lost connection would also end the process.
  redis.on("error", () => undefined);
  try {
    await redis.connect();
  } catch (error) {
    if (mayBeDown) return redis;
    redis.disconnect();
    throw error;
  }
  return redis;
}
