/** Public reads that many clients ask for at once become one request, shared for a quarter of a second. */

import { LRUCache } from "lru-cache";

import type { ServiceOutcome } from "../deps.ts";

const SHARED_MS = 250;
const ENTRIES_MAX = 2000;

type Read<Request, Value> = (
  body: Request,
  traceparent: string | undefined,
) => Promise<ServiceOutcome<Value>>;

/** Only what was answered is kept: a refusal or a silence is asked again. */
export function createMarketCache(clock: { now(): number } = performance) {
  return <Request, Value>(name: string, read: Read<Request, Value>): Read<Request, Value> => {
    const answers = new LRUCache<string, Promise<ServiceOutcome<Value>>>({
      max: ENTRIES_MAX,
      ttl: SHARED_MS,
      ttlResolution: 0,
      perf: clock,
    });
    return async (body, traceparent) => {
      const key = `${name} ${JSON.stringify(body)}`;
      const shared = answers.get(key);
      if (shared !== undefined) return await shared;
      const asked = read(body, traceparent);
      answers.set(key, asked);
      const outcome = await asked;
      if (outcome.kind !== "ok" && answers.get(key) === asked) answers.delete(key);
      return outcome;
    };
  };
}
