/** What a connection asks for, and what it gets. */

import type { TokenIdentity } from "@exchange/identity/api";
import { unreachable } from "@exchange/streams/contract";

import type { TokenDoor } from "../auth/admit-token.ts";
import { admitToken } from "../auth/admit-token.ts";
import type { TokenVerifier } from "../auth/token-verifier.ts";
import type { AccountDirectory, Edge } from "../deps.ts";
import type { Problem } from "../http/answer.ts";
import { chooseAccount } from "../http/chosen-account.ts";
import type { Since } from "./channel.ts";
import type { Channels } from "./channels.ts";
import type {
  Authentication,
  CancelOnDisconnect,
  ClientMessage,
  MessageId,
  Subscription,
} from "./client-message.ts";
import { isPrivate, parseClientMessage, subscriptionKey } from "./client-message.ts";
import { closeCode, REFUSED_MESSAGES_MAX, SUBSCRIPTIONS_MAX } from "./limits.ts";
import type { FeedMetrics } from "./metrics.ts";
import type { FeedErrorCode, FeedSocket } from "./socket.ts";
import { send, takeMessages } from "./socket.ts";
import type { TradingSessions } from "./trading-sessions.ts";

export interface SessionDeps extends TokenDoor {
  readonly channels: Channels;
  readonly tradingSessions: TradingSessions;
  readonly tokens: Pick<TokenVerifier, "isLive">;
  /** Absent beside the exchange. */
  readonly edge?: Edge | undefined;
  readonly accounts: AccountDirectory;
  readonly metrics: FeedMetrics;
}

export function receiveMessage(
  deps: SessionDeps,
  socket: FeedSocket,
  text: string | Uint8Array,
): void {
  if (!takeMessages(socket.data, performance.now())) return refuseMessage(deps, socket);
  const message = typeof text === "string" ? parseClientMessage(text) : "not text";
  if (typeof message === "string") {
    refuse(deps, socket, { code: "MALFORMED", detail: message });
    return;
  }
  socket.data.heardMs = performance.now();
  deps.metrics.messages.inc({ op: message.op });
  // Each of its subscriptions is as much work as one that is asked for by itself.
  const more = message.op === "resume" ? message.resumed.length : 0;
  if (!takeMessages(socket.data, socket.data.heardMs, more)) {
    return refuseMessage(deps, socket, message.id);
  }
  obey(deps, socket, message);
}

function refuseMessage(deps: SessionDeps, socket: FeedSocket, id?: MessageId): void {
  if (socket.data.messagesRefused <= REFUSED_MESSAGES_MAX) {
    refuse(deps, socket, { id, code: "RATE_LIMITED" });
  } else {
    socket.close(closeCode.tooManyMessages, "too many messages");
  }
}

/** Ends private subscriptions whose token expired or was revoked. */
export function endWithToken(deps: SessionDeps, socket: FeedSocket): void {
  const { data } = socket;
  if (data.identity === undefined || deps.tokens.isLive(data.identity)) return;
  for (const subscription of data.subscriptions.values()) {
    if (!isPrivate(subscription)) continue;
    leave(deps, socket, subscription);
    send(socket, { type: "unsubscribed", ...subscription, code: "TOKEN_ENDED" });
  }
  data.identity = undefined;
  // Whoever may not trade any more is gone, as far as the orders of the session go.
  data.tradingSession = undefined;
  refuse(deps, socket, { code: "TOKEN_ENDED" });
}

export function endSession(deps: SessionDeps, socket: FeedSocket): void {
  for (const subscription of socket.data.subscriptions.values()) leave(deps, socket, subscription);
}

function obey(deps: SessionDeps, socket: FeedSocket, message: ClientMessage): void {
  switch (message.op) {
    case "subscribe":
      return subscribe(deps, socket, message);
    case "resume":
      for (const one of message.resumed) subscribe(deps, socket, { id: message.id, ...one });
      return undefined;
    case "unsubscribe":
      return unsubscribe(deps, socket, message);
    case "auth":
      return void authenticate(deps, socket, message);
    case "list":
      return list(socket, message.id);
    case "ping":
      return send(socket, { type: "pong", id: message.id });
    case "cancelOnDisconnect":
      return void holdSession(deps, socket, message);
  }
}

interface Asked {
  readonly id: MessageId;
  readonly subscription: Subscription;
  /** What the client has already. */
  readonly since?: Since;
}

/** A second time it starts over, with a new snapshot: what a client does after a gap. */
function subscribe(
  deps: SessionDeps,
  socket: FeedSocket,
  { id, subscription, since }: Asked,
): void {
  // Closed by what it was sent just now, as too slow: nobody would take it out of a channel again.
  if (socket.readyState !== WebSocket.OPEN) return;
  const { subscriptions, identity } = socket.data;
  const key = subscriptionKey(subscription);
  const isNew = !subscriptions.has(key);
  if (isPrivate(subscription) && identity === undefined) {
    return refuse(deps, socket, { id, code: "NOT_AUTHENTICATED" });
  }
  if (isNew && subscriptions.size >= SUBSCRIPTIONS_MAX) {
    return refuse(deps, socket, { id, code: "TOO_MANY_SUBSCRIPTIONS" });
  }
  const channel = deps.channels.open(subscription);
  if (channel === undefined) return refuse(deps, socket, { id, code: "UNKNOWN_MARKET" });
  if (isNew) deps.metrics.subscriptions.inc({ channel: subscription.channel });
  subscriptions.set(key, subscription);
  send(socket, { type: "subscribed", id, ...subscription });
  // As long as the answer did not close it.
  if (subscriptions.has(key)) channel.join(socket, since);
}

function unsubscribe(deps: SessionDeps, socket: FeedSocket, { id, subscription }: Asked): void {
  if (leave(deps, socket, subscription)) {
    send(socket, { type: "unsubscribed", id, ...subscription });
  } else {
    refuse(deps, socket, { id, code: "NOT_SUBSCRIBED" });
  }
}

function list(socket: FeedSocket, id: MessageId): void {
  send(socket, {
    type: "subscriptions",
    id,
    subscriptions: [...socket.data.subscriptions.values()],
  });
}

function leave(deps: SessionDeps, socket: FeedSocket, subscription: Subscription): boolean {
  if (!socket.data.subscriptions.delete(subscriptionKey(subscription))) return false;
  deps.metrics.subscriptions.dec({ channel: subscription.channel });
  deps.channels.find(subscription)?.leave(socket);
  return true;
}

async function authenticate(
  deps: SessionDeps,
  socket: FeedSocket,
  { id, token, account }: Authentication,
): Promise<void> {
  const { data } = socket;
  data.authentications += 1;
  const attempt = data.authentications;
  if (deps.edge?.isCutOff() === true) {
    const detail = "this gateway is cut off from the exchange";
    return refuse(deps, socket, { id, code: "UNAVAILABLE", detail });
  }
  const admission = await admitToken(deps, token, () => data.address);
  if (attempt !== data.authentications) return;
  switch (admission.kind) {
    case "admitted": {
      const { identity } = admission;
      const chosen = await chooseAccount(deps, identity, account ?? identity.accountId);
      if (attempt !== data.authentications) return;
      return chosen.kind === "problem"
        ? refuse(deps, socket, { id, code: accountRefusal(chosen) })
        : takeIdentity(deps, socket, { id, identity: chosen.caller });
    }
    case "refused":
      return refuse(deps, socket, { id, code: "INVALID_TOKEN" });
    case "unavailable": {
      const detail = "tokens cannot be verified now";
      return refuse(deps, socket, { id, code: "UNAVAILABLE", detail });
    }
    case "limited": {
      const detail = "too many tokens from this address";
      return refuse(deps, socket, { id, code: "RATE_LIMITED", detail });
    }
    default:
      return unreachable(admission);
  }
}

function accountRefusal({ code }: Problem): FeedErrorCode {
  return code === "UNAVAILABLE" ? code : "UNKNOWN_ACCOUNT";
}

function takeIdentity(
  deps: SessionDeps,
  socket: FeedSocket,
  { id, identity }: { readonly id: MessageId; readonly identity: TokenIdentity },
): void {
  const { data } = socket;
  const { accountId, expiresAtS } = identity;
  if (data.identity !== undefined && data.identity.accountId !== accountId) {
    return refuse(deps, socket, { id, code: "OTHER_ACCOUNT" });
  }
  data.identity = identity;
  send(socket, { type: "authenticated", id, accountId, expiresMs: expiresAtS * 1000 });
}

async function holdSession(
  deps: SessionDeps,
  socket: FeedSocket,
  message: CancelOnDisconnect,
): Promise<void> {
  const code = await deps.tradingSessions.obey(socket, message);
  if (code !== undefined) refuse(deps, socket, { id: message.id, code });
}

interface Refusal {
  readonly id?: MessageId;
  readonly code: FeedErrorCode;
  readonly detail?: string;
}

function refuse({ metrics }: SessionDeps, socket: FeedSocket, refusal: Refusal): void {
  metrics.refusals.inc({ code: refusal.code });
  send(socket, { type: "error", ...refusal });
}
