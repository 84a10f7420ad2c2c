/** A market's public channel: one view kept current for all of its listeners, each message made once. */

import type { Market, Position } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import type { Broadcast, Channel } from "./channel.ts";
import { positionOf } from "./channel.ts";
import type { Link } from "./follow-chain.ts";
import { followChain } from "./follow-chain.ts";
import { listenTo } from "./listen.ts";
import type { Replica } from "./public-messages.ts";
import { createPublicMessages } from "./public-messages.ts";
import type { FeedSocket } from "./socket.ts";
import { sendText } from "./socket.ts";

export interface PublicChannelOptions<Message extends Link, Update extends object> {
  readonly connection: NatsConnection;
  readonly market: Market;
  /** Names it in messages: `channel`, and `interval` for candles. */
  readonly name: object;
  /** Also the topic of its listeners. */
  readonly topic: string;
  readonly replica: Replica<Message, Update>;
  readonly broadcast: Broadcast;
  readonly onGap: () => void;
}

export function createPublicChannel<Message extends Link, Update extends object>(
  options: PublicChannelOptions<Message, Update>,
): Channel {
  const { connection, market, name, topic, replica, broadcast, onGap } = options;
  const members = new Set<FeedSocket>();
  /** Those that wait until the view is read, with what they have. */
  const waiting = new Map<FeedSocket, Position | undefined>();
  /** Those that get no updates for now, with what they have. */
  const paused = new Map<FeedSocket, Position>();
  const messages = createPublicMessages(market, name, replica);

  function admit(socket: FeedSocket, at: Position, since: Position | undefined): void {
    const text = since === undefined ? messages.snapshot(at) : messages.missed(since, at);
    if (text !== undefined) sendText(socket, text);
    socket.subscribe(topic);
  }

  const chain = followChain<Message>({
    connection,
    listen: listenTo(connection, replica.subject, replica.decode),
    onGap,
    load: () => replica.load(),
    onLoaded({ missed }) {
      const { at } = chain;
      if (at === undefined) return;
      messages.restart(at);
      if (missed) broadcast(topic, messages.resnapshot(at));
      for (const [socket, since] of waiting) admit(socket, at, since);
      waiting.clear();
    },
    onMessage(message, after) {
      const text = messages.update(message, after);
      if (text !== undefined) broadcast(topic, text);
    },
  });

  return {
    join(socket, since) {
      members.add(socket);
      paused.delete(socket);
      if (chain.at === undefined) waiting.set(socket, positionOf(since));
      else admit(socket, chain.at, positionOf(since));
    },
    leave(socket) {
      members.delete(socket);
      waiting.delete(socket);
      paused.delete(socket);
      socket.unsubscribe(topic);
    },
    pause(socket) {
      const { sentTo } = messages;
      if (sentTo === undefined || !members.has(socket)) return;
      if (waiting.has(socket) || paused.has(socket)) return;
      paused.set(socket, sentTo);
      socket.unsubscribe(topic);
    },
    resume(socket) {
      const since = paused.get(socket);
      if (since === undefined) return;
      paused.delete(socket);
      if (chain.at === undefined) waiting.set(socket, since);
      else admit(socket, chain.at, since);
    },
    get isIdle() {
      return members.size === 0;
    },
    stop: () => chain.stop(),
  };
}
