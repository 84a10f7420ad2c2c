/**
 * The revoked tokens in Redis, each key until its tokens have expired. MySQL is the truth: whenever
 * Redis may lack something, it is filled again from there.
 */

import type { Telemetry } from "@exchange/streams/runtime";
import type { ChainableCommander, Redis } from "ioredis";

import type { RevokedToken } from "./api.ts";

const CHECK_INTERVAL_MS = 500;
/** Bounds how long a hole lives that nobody saw being made, such as a flush in the middle of a filling. */
const COMPLETE_FOR_S = 60;

export interface Blacklist {
  /** Never throws: what Redis did not take is filled in later. */
  add(revoked: readonly RevokedToken[]): Promise<void>;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export interface BlacklistOptions {
  readonly redis: Redis;
  /** In front of every key. */
  readonly prefix: string;
  /** All revoked tokens, from MySQL. */
  readonly readAll: () => AsyncIterable<readonly RevokedToken[]>;
  readonly logger: Telemetry["logger"];
}

/** Fills Redis at once, and again whenever it comes back or was emptied. */
export function createBlacklist(options: BlacklistOptions): Blacklist {
  const { redis, prefix, logger } = options;
  const ending = new AbortController();
  let isBehind = true;
  let wasReachable = true;

  async function check(): Promise<void> {
    try {
      const wasBehind = isBehind;
      if (isBehind || (await redis.exists(completeKey(prefix))) === 0) {
        // Before the filling: a revocation that Redis refuses meanwhile asks for another one.
        isBehind = false;
        await fill(options);
        // The key that says it is whole expires now and then, to have everything looked at again.
        logger[wasBehind ? "info" : "debug"]("the blacklist in Redis is filled from MySQL");
      }
      wasReachable = true;
    } catch (error) {
      isBehind = true;
      if (wasReachable) logger.warn({ err: error }, "the blacklist in Redis is out of reach");
      wasReachable = false;
    }
  }

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      await check();
      await Bun.sleep(CHECK_INTERVAL_MS);
    }
  }

  const watching = watch();
  return {
    async add(revoked) {
      try {
        await runAll(setRevoked(redis.multi(), prefix, revoked));
      } catch {
        isBehind = true;
      }
    },
    async stop() {
      ending.abort();
      await watching;
    },
  };
}

export const blacklistKey = {
  token: (prefix: string, tokenId: string) => `${prefix}revoked:token:${tokenId}` as const,
  session: (prefix: string, sessionId: string) => `${prefix}revoked:session:${sessionId}` as const,
} as const;

function completeKey(prefix: string): string {
  return `${prefix}revoked:complete`;
}

async function fill({ redis, prefix, readAll }: BlacklistOptions): Promise<void> {
  for await (const page of readAll()) {
    if (page.length > 0) await runAll(setRevoked(redis.pipeline(), prefix, page));
  }
  await redis.set(completeKey(prefix), "1", "EX", COMPLETE_FOR_S);
}

function setRevoked(
  commands: ChainableCommander,
  prefix: string,
  page: readonly RevokedToken[],
): ChainableCommander {
  for (const { tokenId, sessionId, expiresAtS } of page) {
    commands.set(blacklistKey.token(prefix, tokenId), "1", "EXAT", expiresAtS);
    commands.set(blacklistKey.session(prefix, sessionId), "1", "EXAT", expiresAtS);
  }
  return commands;
}

/** Throws when any of the commands failed. */
async function runAll(commands: ChainableCommander): Promise<void> {
  const replies = await commands.exec();
  const failed = replies?.find(([error]) => error !== null);
  if (replies === null || failed !== undefined) {
    throw new Error("Redis did not take the revocations", { cause: failed?.[0] });
  }
}
