/** The gateway process: connects what the app needs and listens. */

import { runProcess, startService, watchMarkets } from "@exchange/streams/runtime";
import type { Server } from "bun";

import type { GatewayApp } from "./app.ts";
import { createApp } from "./app.ts";
import { createAccountDirectory } from "./auth/account-directory.ts";
import { createTokenVerifier } from "./auth/token-verifier.ts";
import type { Observer } from "./deps.ts";
import { openEdge } from "./edge/open-edge.ts";
import type { GatewayEnv } from "./env.ts";
import { readEnv } from "./env.ts";
import type { Feed, SocketState } from "./feed/create-feed.ts";
import { createFeed } from "./feed/create-feed.ts";
import { problem } from "./http/answer.ts";
import { respond } from "./http/respond.ts";
import { clientAddressOf } from "./limits/client-address.ts";
import type { LimitSettings } from "./limits/limits.ts";
import { createLimits } from "./limits/limits.ts";
import { connectApiKeys } from "./wiring/api-keys.ts";
import { createAuthenticator } from "./wiring/authenticator.ts";
import { watchLink } from "./wiring/link.ts";
import { openMarketCache } from "./wiring/market-cache.ts";
import { createObserver } from "./wiring/observer.ts";
import { openLimitStore } from "./wiring/redis.ts";
import { connectServices } from "./wiring/services.ts";

/**
 * None: the server would refuse without a problem document. The app reads little, and what it does not
 * read stays with the client, who is not heard any further.
 */
const SERVER_BODY_BYTES_MAX = Number.MAX_SAFE_INTEGER;
const IDLE_TIMEOUT_S = 60;
const DRAIN_POLL_MS = 20;

const env = readEnv();

await runProcess("gateway", env, async ({ connection, telemetry }) => {
  const link = watchLink(connection);
  const markets = await watchMarkets(connection);
  const verifier = createTokenVerifier({ connection, telemetry });
  const redis = openLimitStore(env.REDIS_URL);
  const edge = env.EDGE === "on" ? openEdge({ connection, link, markets, telemetry }) : undefined;
  const notReady = (): string | undefined => {
    if (edge !== undefined) return edge.notReady;
    if (!link.up) return "NATS is away";
    return verifier.feedFresh ? undefined : "the list of revoked tokens is not current";
  };
  const observer = createObserver(telemetry);
  const keys = connectApiKeys({ connection, redis, tokens: verifier, telemetry });
  const authenticator = createAuthenticator(verifier, keys);
  const limits = createLimits(redis, limitSettings(env));
  const marketReads = openMarketCache(connection, telemetry);
  const services = connectServices({
    connection,
    link,
    hub: edge?.hub,
    cached: marketReads.cached,
  });
  const accounts = createAccountDirectory(services);
  const door = { markets, accounts, authenticator, limits, edge };
  const app = createApp({
    ...door,
    services,
    observer,
    testFunds: env.TEST_FUNDS === "on",
    inFlightMax: env.IN_FLIGHT_MAX,
    notReady,
  });
  const feed = await createFeed({
    ...door,
    connection,
    tokens: verifier,
    addressConnectionsMax: env.SOCKETS_PER_ADDRESS_MAX,
    telemetry,
  });
  const server = listen({ app, feed, observer });
  // Nobody asks the gateway over NATS; it is there to be seen by `nats micro ls`.
  await startService(connection, { name: "gateway", endpoints: [] });
  telemetry.logger.info({ url: { full: server.url.href } }, "the gateway listens");
  return {
    notReady,
    async stop() {
      void server.stop();
      feed.stop();
      await drained(app);
      await server.stop(true);
      edge?.stop();
      marketReads.stop();
      keys.stop();
      verifier.stop();
      markets.stop();
      redis.disconnect();
    },
  };
});

interface Doors {
  readonly app: GatewayApp;
  readonly feed: Feed;
  readonly observer: Observer;
}

function listen({ app, feed, observer }: Doors): Server<SocketState> {
  return Bun.serve({
    hostname: env.HTTP_HOST,
    port: env.HTTP_PORT,
    maxRequestBodySize: SERVER_BODY_BYTES_MAX,
    idleTimeout: IDLE_TIMEOUT_S,
    websocket: feed.websocket,
    fetch(request, listening) {
      const clientAddress = (): string => addressOf(request, listening);
      return feed.wants(request)
        ? feed.upgrade(request, listening, clientAddress())
        : app.fetch(request, { clientAddress });
    },
    // What neither the app nor the feed has caught; the server's own answer would be a page.
    error(error) {
      const requestId = crypto.randomUUID();
      observer.unexpected(error, { requestId });
      return respond(problem("INTERNAL"), requestId);
    },
  });
}

function addressOf(request: Request, listening: Server<unknown>): string {
  const peer = listening.requestIP(request)?.address ?? "unknown";
  return clientAddressOf(request.headers, peer, env.TRUSTED_PROXY_HOPS);
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

/** Idle keep-alive connections would hold up a graceful stop, so only requests are waited for. */
async function drained(app: GatewayApp): Promise<void> {
  while (app.inFlight > 0) await Bun.sleep(DRAIN_POLL_MS);
}
