/** One client's connection and what is kept of it. */

import type { TokenIdentity } from "@exchange/identity/api";
import type { SessionKey } from "@exchange/order/api";
import type { ServerWebSocket } from "bun";

import type { Subscription } from "./client-message.ts";
import type { feedErrorCodes } from "./error-codes.ts";
import { BACKLOG_BYTES_MAX, closeCode, MESSAGES_BURST, MESSAGES_PER_SECOND } from "./limits.ts";

export interface SocketState {
  /** Where it comes from. */
  readonly address: string;
  /** By key. */
  readonly subscriptions: Map<string, Subscription>;
  identity: TokenIdentity | undefined;
  /** Cancel on disconnect: what it keeps alive. */
  tradingSession: SessionKey | undefined;
  /** Since when its updates are held back, `performance.now()`. */
  pausedAtMs: number | undefined;
  /** When it last said or answered anything, `performance.now()`. */
  heardMs: number;
  /** Counts authentications, so that only the last of several takes effect. */
  authentications: number;
  messagesLeft: number;
  messagesCountedAtMs: number;
  messagesRefused: number;
}

export type FeedSocket = ServerWebSocket<SocketState>;

export type FeedErrorCode = (typeof feedErrorCodes)[number];

export function createSocketState(address: string): SocketState {
  return {
    address,
    subscriptions: new Map(),
    identity: undefined,
    tradingSession: undefined,
    pausedAtMs: undefined,
    heardMs: performance.now(),
    authentications: 0,
    messagesLeft: MESSAGES_BURST,
    messagesCountedAtMs: performance.now(),
    messagesRefused: 0,
  };
}

export function send(socket: FeedSocket, message: object): void {
  sendText(socket, JSON.stringify(message));
}

/** Does nothing on a closed connection. */
export function sendText(socket: FeedSocket, text: string): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(text);
  closeIfSlow(socket);
}

/** Whether another message, or so many, may be looked at now. */
export function takeMessages(state: SocketState, nowMs: number, count = 1): boolean {
  const earned = ((nowMs - state.messagesCountedAtMs) / 1000) * MESSAGES_PER_SECOND;
  state.messagesLeft = Math.min(MESSAGES_BURST, state.messagesLeft + earned);
  state.messagesCountedAtMs = nowMs;
  if (state.messagesLeft < count) {
    state.messagesRefused += 1;
    return false;
  }
  state.messagesLeft -= count;
  return true;
}

/** What a client does not read would otherwise pile up here. */
export function closeIfSlow(socket: FeedSocket): void {
  if (socket.getBufferedAmount() > BACKLOG_BYTES_MAX) closeSlow(socket);
}

export function closeSlow(socket: FeedSocket): void {
  socket.close(closeCode.slowConsumer, "messages are not read fast enough");
}
