/** How a wallet process pays out, by its environment. */

import { openRedis } from "@exchange/store";

import type { Env } from "./env.ts";
import type { PayoutOptions } from "./start-wallet.ts";
import { createTiming } from "./withdrawal.ts";

export async function openPayoutOptions(env: Env): Promise<PayoutOptions> {
  const { BANK_URL: url, BANK_API_KEY: apiKey, BANK_NOTICE_SECRET: noticeSecret } = env;
  const hasBank = url !== undefined && apiKey !== undefined && noticeSecret !== undefined;
  return {
    timing: createTiming(env.BANK_CALL_LIMIT_MS, env.BANK_KEY_LIFE_MS),
    ...(hasBank && { bank: { url: url.replace(/\/$/, ""), apiKey, noticeSecret } }),
    ...(env.REDIS_URL !== undefined && {
      lock: {
        redis: await openRedis(env.REDIS_URL, { mayBeDown: true }),
        ttlMs: env.WITHDRAWAL_LOCK_TTL_MS,
      },
    }),
  };
}
