/**
 * The WebSocket feed of one gateway process. To mount it:
 *
 *     Bun.serve({
 *       websocket: feed.websocket,
 *       fetch: (request, server) =>
 *         feed.wants(request) ? feed.upgrade(request, server) : app.fetch(request, ...),
 *     });
 */

import type { Telemetry } from "@exchange/streams/runtime";
import type { Server, WebSocketHandler } from "bun";
import type { NatsConnection } from "nats";

import type { TokenDoor } from "../auth/admit-token.ts";
import type { TokenVerifier } from "../auth/token-verifier.ts";
import type { AccountDirectory, Edge, Markets } from "../deps.ts";
import { problem } from "../http/answer.ts";
import { requestIdOf } from "../http/request-fields.ts";
import { requestPath } from "../http/request-path.ts";
import { respond } from "../http/respond.ts";
import { networkOf } from "../limits/network.ts";
import { createChannels } from "./channels.ts";
import {
  BACKLOG_BYTES_CUT,
  closeCode,
  CONNECTIONS_MAX,
  MESSAGE_BYTES_MAX,
  SESSION_BEAT_MS,
  SILENCE_MAX_S,
} from "./limits.ts";
import { createFeedMetrics } from "./metrics.ts";
import type { SessionDeps } from "./session.ts";
import { endSession, endWithToken, receiveMessage } from "./session.ts";
import { watchReaders } from "./slow-readers.ts";
import type { FeedSocket, SocketState } from "./socket.ts";
import { createSocketState, send } from "./socket.ts";
import { createTradingSessions } from "./trading-sessions.ts";

export type { SocketState } from "./socket.ts";

export interface FeedOptions extends TokenDoor {
  readonly connection: NatsConnection;
  readonly markets: Markets;
  readonly accounts: AccountDirectory;
  readonly tokens: Pick<TokenVerifier, "isLive">;
  /** Absent beside the exchange. */
  readonly edge?: Edge | undefined;
  /** Connections of one client address. */
  readonly addressConnectionsMax: number;
  readonly telemetry: Pick<Telemetry, "registry" | "startSpan">;
}

export interface Feed {
  readonly websocket: WebSocketHandler<SocketState>;
  /** Whether the request asks to become a WebSocket of the feed. */
  wants(request: Request): boolean;
  /** Undefined when it became one. `clientAddress`: what the connections are counted by. */
  upgrade(
    request: Request,
    server: Server<SocketState>,
    clientAddress: string,
  ): Response | undefined;
  /** Closes every connection, with 1001. */
  stop(): void;
}

const FEED_PATH = "/v1/ws";
const WATCH_BACKLOG_MS = 100;
const WATCH_TOKENS_MS = 500;
const SWEEP_CHANNELS_MS = 10_000;

export async function createFeed(options: FeedOptions): Promise<Feed> {
  const { connection, telemetry, edge } = options;
  const metrics = createFeedMetrics(telemetry);
  const sockets = new Set<FeedSocket>();
  const perAddress = countByAddress(options.addressConnectionsMax);
  let server: Server<SocketState> | undefined;
  const channels = createChannels({
    ...options,
    metrics,
    broadcast: (topic, text) => void server?.publish(topic, text),
  });
  const tradingSessions = createTradingSessions(connection);
  const session = { ...options, channels, metrics, tradingSessions };
  const timers = startTimers(session, sockets);
  edge?.onChange(() => {
    for (const socket of sockets) send(socket, statusOf(edge));
  });

  return {
    websocket: {
      maxPayloadLength: MESSAGE_BYTES_MAX,
      backpressureLimit: BACKLOG_BYTES_CUT,
      closeOnBackpressureLimit: true,
      idleTimeout: SILENCE_MAX_S,
      sendPings: true,
      perMessageDeflate: false,
      open(socket) {
        sockets.add(socket);
        metrics.connections.set(sockets.size);
        // After the handshake, since a browser never learns why one was refused.
        if (!perAddress.add(socket.data.address)) {
          metrics.crowdedAddresses.inc();
          socket.close(closeCode.tooManyConnections, "too many connections from this address");
        }
        if (edge?.isCutOff() === true) send(socket, statusOf(edge));
      },
      message: (socket, message) => receiveMessage(session, socket, message),
      pong(socket) {
        socket.data.heardMs = performance.now();
      },
      close(socket, code) {
        if (code === closeCode.slowConsumer) metrics.slowConsumers.inc();
        sockets.delete(socket);
        perAddress.remove(socket.data.address);
        metrics.connections.set(sockets.size);
        endSession(session, socket);
      },
    },
    // By the app's own reading of the address: `URL` throws on a Host header that is none.
    wants: (request) =>
      request.headers.get("upgrade")?.toLowerCase() === "websocket" &&
      requestPath(request) === FEED_PATH,
    upgrade(request, listening, clientAddress) {
      server = listening;
      const requestId = requestIdOf(request.headers);
      if (sockets.size >= CONNECTIONS_MAX) return respond(problem("OVERLOADED"), requestId);
      const state = createSocketState(networkOf(clientAddress));
      if (listening.upgrade(request, { data: state })) return undefined;
      return respond(problem("UPGRADE_REQUIRED", malformedHandshake), requestId);
    },
    stop() {
      for (const timer of timers) clearInterval(timer);
      for (const socket of sockets) socket.close(closeCode.goingAway, "the gateway stops");
      channels.stop();
    },
  };
}

/** What an edge tells its clients: while the exchange is out of reach, nothing new comes. */
function statusOf(edge: Edge): object {
  return edge.isCutOff()
    ? { type: "status", exchange: "unreachable", silentMs: edge.silentMs() }
    : { type: "status", exchange: "reachable" };
}

function startTimers(session: SessionDeps, sockets: ReadonlySet<FeedSocket>) {
  const { channels, metrics, tradingSessions } = session;
  return [
    setInterval(() => watchReaders(session, sockets, performance.now()), WATCH_BACKLOG_MS),
    setInterval(() => {
      for (const socket of sockets) endWithToken(session, socket);
    }, WATCH_TOKENS_MS),
    setInterval(() => tradingSessions.beat(sockets), SESSION_BEAT_MS),
    setInterval(() => {
      channels.sweep();
      metrics.channels.set(channels.size);
    }, SWEEP_CHANNELS_MS),
  ];
}

const malformedHandshake = {
  detail: "the handshake is malformed",
  headers: { upgrade: "websocket" },
};

/** One address may not take the connections of all others. */
function countByAddress(max: number) {
  const counts = new Map<string, number>();
  return {
    /** False when there is one too many, which counts until it is removed. */
    add(address: string): boolean {
      const count = (counts.get(address) ?? 0) + 1;
      counts.set(address, count);
      return count <= max;
    },
    remove(address: string): void {
      const count = (counts.get(address) ?? 0) - 1;
      if (count > 0) counts.set(address, count);
      else counts.delete(address);
    },
  };
}
