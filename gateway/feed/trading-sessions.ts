/**
 * Cancel on disconnect, the gateway's part: opening sessions, and saying which of them have a client behind them. It
 * never cancels anything: the order service does when it hears no more, also when this process is gone.
 */

import type { SessionBeat, SessionKey } from "@exchange/order/api";
import { closeSession, openSession } from "@exchange/order/api";
import { encodeJson, subject } from "@exchange/streams";
import { request, RequestError } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import type { CancelOnDisconnect, MessageId } from "./client-message.ts";
import type { FeedErrorCode, FeedSocket } from "./socket.ts";
import { send } from "./socket.ts";

const OPEN_TIMEOUT_MS = 3000;
/** A beat is about 70 bytes, and a message at most 1 MB. */
const BEATS_PER_MESSAGE_MAX = 5000;

export interface TradingSessions {
  /** Answers the client; the code when it is refused. */
  obey(socket: FeedSocket, message: CancelOnDisconnect): Promise<FeedErrorCode | undefined>;
  /** Tells the order service who is alive, and asks each of them for a sign of life. */
  beat(sockets: Iterable<FeedSocket>): void;
}

export function createTradingSessions(connection: NatsConnection): TradingSessions {
  return {
    async obey(socket, message) {
      const { data } = socket;
      if (data.identity === undefined) return "NOT_AUTHENTICATED";
      const { accountId } = data.identity;
      const { id, sessionId, timeoutMs } = message;
      const current = data.tradingSession;
      if (current !== undefined && current.sessionId !== sessionId) return "OTHER_SESSION";
      const session = { accountId, sessionId };
      data.tradingSession = session;
      const refusal = await ask(connection, session, timeoutMs);
      if (refusal === undefined) answer(socket, { id, sessionId, timeoutMs });
      // Kept while the outcome is unknown: beats of a session that is not there mean nothing.
      const isOver =
        refusal === undefined
          ? timeoutMs === 0
          : refusal === "SESSION_ENDED" || refusal === "TOO_MANY_SESSIONS";
      if (isOver && data.tradingSession === session) data.tradingSession = undefined;
      return refusal;
    },
    beat(sockets) {
      if (connection.isClosed()) return;
      const nowMs = performance.now();
      const alive: SessionBeat[] = [];
      for (const socket of sockets) {
        const { tradingSession, heardMs } = socket.data;
        if (tradingSession === undefined) continue;
        alive.push({ ...tradingSession, silentMs: Math.round(nowMs - heardMs) });
        socket.ping();
      }
      for (let start = 0; start < alive.length; start += BEATS_PER_MESSAGE_MAX) {
        const beats = { v: 1, alive: alive.slice(start, start + BEATS_PER_MESSAGE_MAX) };
        connection.publish(subject.sessionBeats, encodeJson(beats));
      }
    },
  };
}

async function ask(
  connection: NatsConnection,
  session: SessionKey,
  timeoutMs: number,
): Promise<FeedErrorCode | undefined> {
  try {
    const reply =
      timeoutMs === 0
        ? await request(connection, {
            endpoint: closeSession,
            body: session,
            timeoutMs: OPEN_TIMEOUT_MS,
          })
        : await request(connection, {
            endpoint: openSession,
            body: { ...session, timeoutMs },
            timeoutMs: OPEN_TIMEOUT_MS,
          });
    if (reply.kind === "ok") return undefined;
    if (reply.code === "SESSION_ENDED" || reply.code === "TOO_MANY_SESSIONS") return reply.code;
    return "UNAVAILABLE";
  } catch (error) {
    if (error instanceof RequestError) return "UNAVAILABLE";
    throw error;
  }
}

interface Opened {
  readonly id: MessageId;
  readonly sessionId: number;
  readonly timeoutMs: number;
}

function answer(socket: FeedSocket, { id, sessionId, timeoutMs }: Opened): void {
  send(socket, { type: "cancelOnDisconnect", id, sessionId, timeoutMs });
}
