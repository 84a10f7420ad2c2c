/** The gateway process: connects what the app needs and listens. */

import { runProcess, startService } from "@exchange/streams/runtime";
import type { Server } from "bun";

import type { GatewayApp } from "./app.ts";
import type { Observer } from "./deps.ts";
import { readEnv } from "./env.ts";
import type { Feed, SocketState } from "./feed/create-feed.ts";
import { createFeed } from "./feed/create-feed.ts";
import { problem } from "./http/answer.ts";
import { respond } from "./http/respond.ts";
import { clientAddressOf } from "./limits/client-address.ts";
import { openGateway } from "./wiring/open-gateway.ts";

/**
 * None: the server would refuse without a problem document. The app reads little, and what it does not
 * read stays with the client, who is not heard any further.
 */
const SERVER_BODY_BYTES_MAX = Number.MAX_SAFE_INTEGER;
const IDLE_TIMEOUT_S = 60;
const DRAIN_POLL_MS = 20;
/** For clients to learn from an answer that their connection is not to be used again, before it is closed. */
const LAST_REQUESTS_MS = 300;

const env = readEnv();

await runProcess("gateway", env, async ({ connection, telemetry }) => {
  const gateway = await openGateway({ connection, telemetry, env });
  const { app, door, tokens, observer, notReady } = gateway;
  const feed = await createFeed({
    ...door,
    connection,
    tokens,
    addressConnectionsMax: env.SOCKETS_PER_ADDRESS_MAX,
    telemetry,
  });
  const ending = new AbortController();
  const server = listen({ app, feed, observer, ending: ending.signal });
  // Nobody asks the gateway over NATS; it is there to be seen by `nats micro ls`.
  await startService(connection, { name: "gateway", endpoints: [] });
  telemetry.logger.info({ url: { full: server.url.href } }, "the gateway listens");
  return {
    notReady: () => (ending.signal.aborted ? "it ends" : notReady()),
    async stop() {
      ending.abort();
      await Bun.sleep(LAST_REQUESTS_MS);
      void server.stop();
      feed.stop();
      await drained(app);
      await server.stop(true);
      gateway.stop();
    },
  };
});

interface Doors {
  readonly app: GatewayApp;
  readonly feed: Feed;
  readonly observer: Observer;
  readonly ending: AbortSignal;
}

function listen({ app, feed, observer, ending }: Doors): Server<SocketState> {
  return Bun.serve({
    hostname: env.HTTP_HOST,
    port: env.HTTP_PORT,
    maxRequestBodySize: SERVER_BODY_BYTES_MAX,
    idleTimeout: IDLE_TIMEOUT_S,
    websocket: feed.websocket,
    async fetch(request, listening) {
      const clientAddress = (): string => addressOf(request, listening);
      if (feed.wants(request)) return feed.upgrade(request, listening, clientAddress());
      const answer = await app.fetch(request, { clientAddress });
      if (ending.aborted) answer.headers.set("connection", "close");
      return answer;
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

/** Idle keep-alive connections would hold up a graceful stop, so only requests are waited for. */
async function drained(app: GatewayApp): Promise<void> {
  while (app.inFlight > 0) await Bun.sleep(DRAIN_POLL_MS);
}
