/** Which limiter counts what, and what a client is told of it. */

import type { Redis } from "ioredis";

import type { LimitDecision, LimitedRequest, Limits } from "../deps.ts";
import { createAuthLimiter } from "./auth-limiter.ts";
import { networkOf } from "./network.ts";
import type { TellPoints } from "./shared-points.ts";
import { createSharedPoints, tellRedis, WINDOW_MS } from "./shared-points.ts";
import type { PointsDecision } from "./token-buckets.ts";
import { createTokenBuckets } from "./token-buckets.ts";

export interface LimitSettings {
  readonly authPerMinute: number;
  readonly ordersPerSecond: number;
  readonly readsPerSecond: number;
  readonly keyPerSecond: number;
  readonly addressPerSecond: number;
  readonly tokensPerSecond: number;
}

export function createLimits(redis: Redis, settings: LimitSettings): Limits {
  const auth = createAuthLimiter(redis, settings.authPerMinute);
  const rate = (name: string, perSecond: number): RateLimit =>
    createRateLimit({ name, perSecond, tell: tellRedis(redis, name) });
  const classes = {
    orders: rate("orders", settings.ordersPerSecond),
    reads: rate("reads", settings.readsPerSecond),
  };
  const keys = rate("key", settings.keyPerSecond);
  const addresses = rate("address", settings.addressPerSecond);
  const tokens = createTokenBuckets(settings.tokensPerSecond);

  return {
    take(request) {
      const { name, accountId, clientAddress } = request;
      if (name === "auth") return auth(accountId ?? networkOf(clientAddress()));
      return takeRates(request, { ofClass: classes[name], keys, addresses });
    },
    takeToken: (address) => {
      const decision = tokens.take(networkOf(address), performance.now());
      return { policy: "tokens", windowS: 1, ...decision };
    },
    returnToken: (address) => tokens.giveBack(networkOf(address)),
  };
}

/** A second's points may come at once, as each gateway counts, and a window's from all of them together. */
type RateLimit = (key: string | number, points: number) => LimitDecision;

interface RateLimitOptions {
  readonly name: string;
  readonly perSecond: number;
  readonly tell: TellPoints;
}

function createRateLimit({ name, perSecond, tell }: RateLimitOptions): RateLimit {
  const buckets = createTokenBuckets(perSecond);
  // One second more than the window has, since a full bucket may stand at its beginning.
  const pointsMax = Math.max(1, Math.floor(perSecond * (WINDOW_MS / 1000 + 1)));
  const shared = createSharedPoints(pointsMax, tell);
  const described = (windowS: number, decision: PointsDecision): LimitDecision => ({
    policy: name,
    windowS,
    ...decision,
  });
  return (key, points) => {
    const atMs = Date.now();
    const own = described(1, buckets.take(key, atMs, points));
    if (!own.allowed) return own;
    const all = described(WINDOW_MS / 1000, shared.take(key, atMs, points));
    return all.remaining < own.remaining || !all.allowed ? all : own;
  };
}

interface Rates {
  readonly ofClass: RateLimit;
  readonly keys: RateLimit;
  readonly addresses: RateLimit;
}

/** The refusal, or the decision that leaves least. */
function takeRates(
  { points, clientAddress, accountId, keyId }: LimitedRequest,
  { ofClass, keys, addresses }: Rates,
): LimitDecision {
  const network = networkOf(clientAddress());
  const ofAddress = addresses(network, points);
  if (!ofAddress.allowed) return ofAddress;
  const ofKey = keyId === undefined ? undefined : keys(keyId, points);
  if (ofKey?.allowed === false) return ofKey;
  const own = ofClass(accountId ?? network, points);
  return ofKey !== undefined && own.allowed && ofKey.remaining < own.remaining ? ofKey : own;
}
