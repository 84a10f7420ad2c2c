/** A real server with the feed mounted, whose tokens a test makes and ends. */

import type { TokenIdentity } from "@exchange/identity/api";
import { connectNats, createTelemetry, watchMarkets } from "@exchange/streams/runtime";
import { readTestServer } from "@exchange/streams/testing";

import { createTokenBuckets } from "../../limits/token-buckets.ts";
import type { Feed, SocketState } from "../create-feed.ts";
import { createFeed } from "../create-feed.ts";

/** More than any test but the one about it sends. */
export const BAD_TOKENS_PER_SECOND = 20;

export interface FeedServer {
  readonly url: string;
  /** A token of that account which is good until it is ended. */
  mintToken(accountId: number): string;
  /** Makes an account one of the user's. */
  giveAccount(userId: string, accountId: number): void;
  endToken(token: string): void;
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

export interface FeedServerOptions {
  /** Another way to the server under test. */
  readonly natsUrl?: string;
  readonly addressConnectionsMax?: number;
  /** Closes a connection just before it looks at a message, as a full backlog may. */
  readonly closesBeforeAnswer?: boolean;
}

export async function openFeedServer({
  natsUrl,
  addressConnectionsMax = 1000,
  closesBeforeAnswer = false,
}: FeedServerOptions = {}): Promise<FeedServer> {
  const server = readTestServer();
  const connection = await connectNats({ ...server, url: natsUrl ?? server.url, name: "gateway" });
  const markets = await watchMarkets(connection);
  const telemetry = createTelemetry({
    service: "gateway",
    instance: "gateway-test",
    logLevel: "fatal",
    traceExporter: "none",
  });
  const tokens = new Map<string, TokenIdentity>();
  const owners = new Map<number, string>();
  const badTokens = createTokenBuckets(BAD_TOKENS_PER_SECOND);
  const feed = await createFeed({
    connection,
    markets,
    accounts: {
      find: async (userId, accountId) => (owners.get(accountId) === userId ? "own" : "unknown"),
    },
    telemetry,
    addressConnectionsMax,
    authenticator: {
      recognise: (token) => tokens.get(token),
      authenticate: (token) => Promise.resolve(tokens.get(token)),
    },
    limits: {
      takeToken: (address) => ({
        policy: "tokens",
        windowS: 1,
        ...badTokens.take(address, performance.now()),
      }),
      returnToken: (address) => badTokens.giveBack(address),
    },
    tokens: { isLive: ({ tokenId }) => tokens.has(tokenId) },
  });
  const listening = listen(feed, closesBeforeAnswer);
  return {
    url: `ws://127.0.0.1:${listening.port}/v1/ws`,
    mintToken(accountId) {
      const token = crypto.randomUUID();
      const expiresAtS = Math.floor(Date.now() / 1000) + 900;
      tokens.set(token, {
        userId: String(accountId),
        accountId,
        sessionId: "1",
        tokenId: token,
        expiresAtS,
      });
      return token;
    },
    giveAccount: (userId, accountId) => void owners.set(accountId, userId),
    endToken: (token) => void tokens.delete(token),
    metrics: async () => await telemetry.registry.metrics(),
    async stop() {
      feed.stop();
      await listening.stop(true);
      markets.stop();
      await connection.close();
      await telemetry.stop();
    },
  };
}

function listen(feed: Feed, closesBeforeAnswer: boolean) {
  return Bun.serve<SocketState>({
    hostname: "127.0.0.1",
    port: 0,
    websocket: {
      ...feed.websocket,
      message(socket, message) {
        if (closesBeforeAnswer) socket.close();
        return feed.websocket.message?.(socket, message);
      },
    },
    fetch: (request, self) =>
      feed.wants(request)
        ? feed.upgrade(request, self, self.requestIP(request)?.address ?? "unknown")
        : new Response("not found", { status: 404 }),
  });
}
