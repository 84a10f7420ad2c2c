/** All that the gateway's app needs, connected; whoever serves it is beside. Nothing here is Bun's. */

import type { Telemetry } from "@exchange/streams/runtime";
import { watchMarkets } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import type { GatewayApp } from "../app.ts";
import { createApp } from "../app.ts";
import { createAccountDirectory } from "../auth/account-directory.ts";
import type { TokenVerifier } from "../auth/token-verifier.ts";
import { createTokenVerifier } from "../auth/token-verifier.ts";
import type { AccountDirectory, Authenticator, Edge, Limits, Observer } from "../deps.ts";
import { openEdge } from "../edge/open-edge.ts";
import type { GatewayEnv } from "../env.ts";
import type { LimitSettings } from "../limits/limits.ts";
import { createLimits } from "../limits/limits.ts";
import { connectApiKeys } from "./api-keys.ts";
import { createAuthenticator } from "./authenticator.ts";
import { watchLink } from "./link.ts";
import { openMarketCache } from "./market-cache.ts";
import { createObserver } from "./observer.ts";
import { openLimitStore } from "./redis.ts";
import { connectServices } from "./services.ts";

export interface GatewayOptions {
  readonly connection: NatsConnection;
  readonly telemetry: Telemetry;
  readonly env: GatewayEnv;
}

export interface OpenGateway {
  readonly app: GatewayApp;
  /** What the feed shares with the app. */
  readonly door: {
    readonly markets: Awaited<ReturnType<typeof watchMarkets>>;
    readonly accounts: AccountDirectory;
    readonly authenticator: Authenticator;
    readonly limits: Limits;
    readonly edge: Edge | undefined;
  };
  readonly tokens: TokenVerifier;
  readonly observer: Observer;
  readonly notReady: () => string | undefined;
  stop(): void;
}

export async function openGateway(options: GatewayOptions): Promise<OpenGateway> {
  const { connection, telemetry, env } = options;
  const link = watchLink(connection);
  const markets = await watchMarkets(connection, telemetry.logger);
  const tokens = createTokenVerifier({ connection, telemetry });
  const redis = openLimitStore(env.REDIS_URL);
  const edge = env.EDGE === "on" ? openEdge({ connection, link, markets, telemetry }) : undefined;
  const notReady = (): string | undefined => {
    if (edge !== undefined) return edge.notReady;
    if (!link.up) return "NATS is away";
    return tokens.feedFresh ? undefined : "the list of revoked tokens is not current";
  };
  const observer = createObserver(telemetry);
  const keys = connectApiKeys({ connection, redis, tokens, telemetry });
  const marketReads = openMarketCache(connection, telemetry);
  const { cached } = marketReads;
  const services = connectServices({ connection, link, hub: edge?.hub, cached });
  const door = {
    markets,
    accounts: createAccountDirectory(services),
    authenticator: createAuthenticator(tokens, keys),
    limits: createLimits(redis, limitSettings(env)),
    edge,
  };
  const testFunds = env.TEST_FUNDS === "on";
  const inFlightMax = env.IN_FLIGHT_MAX;
  const app = createApp({ ...door, services, observer, testFunds, inFlightMax, notReady });
  return {
    app,
    door,
    tokens,
    observer,
    notReady,
    stop() {
      edge?.stop();
      marketReads.stop();
      keys.stop();
      tokens.stop();
      markets.stop();
      redis.disconnect();
    },
  };
}

function limitSettings(settings: GatewayEnv): LimitSettings {
  return {
    authPerMinute: settings.RATE_LIMIT_AUTH_PER_MINUTE,
    ordersPerSecond: settings.RATE_LIMIT_ORDERS_PER_SECOND,
    readsPerSecond: settings.RATE_LIMIT_READS_PER_SECOND,
    keyPerSecond: settings.RATE_LIMIT_KEY_PER_SECOND,
    addressPerSecond: settings.RATE_LIMIT_ADDRESS_PER_SECOND,
    tokensPerSecond: settings.RATE_LIMIT_TOKENS_PER_SECOND,
  };
}
