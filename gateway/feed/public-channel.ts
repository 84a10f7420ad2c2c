/** A market's public channel: one view kept current for all of its listeners, each message made once. */

import type { Market, Position } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import { viewPosition } from "../views/market-view.ts";
import type { Broadcast, Channel } from "./channel.ts";
import type { Link } from "./follow-chain.ts";
import { followChain } from "./follow-chain.ts";
import type { FeedSocket } from "./socket.ts";
import { sendText } from "./socket.ts";

/** The view behind a channel, in decimals. */
export interface Replica<Message extends Link> {
  readonly subject: string;
  readonly decode: (bytes: Uint8Array) => Message;
  /** Reads the view and returns its position. Throws while it cannot be read. */
  load(): Promise<Position>;
  /** Steps the view, which is at `after`; returns what listeners have to know, or undefined if nothing. */
  apply(message: Message, after: Position): object | undefined;
  /** All of the view. */
  contents(): object;
}

export interface PublicChannelOptions<Message extends Link> {
  readonly connection: NatsConnection;
  readonly market: Market;
  /** Names it in messages: `channel`, and `interval` for candles. */
  readonly name: object;
  /** Also the topic of its listeners. */
  readonly topic: string;
  readonly replica: Replica<Message>;
  readonly broadcast: Broadcast;
  readonly onGap: () => void;
}

export function createPublicChannel<Message extends Link>(
  options: PublicChannelOptions<Message>,
): Channel {
  const { connection, market, name, topic, replica, broadcast, onGap } = options;
  const members = new Set<FeedSocket>();
  /** Those that wait for their snapshot. */
  const waiting = new Set<FeedSocket>();
  /** Where the message before ended, for listeners. */
  let sent: Position | undefined;
  let snapshot: { readonly at: Position; readonly text: string } | undefined;

  function format(type: string, at: Position, rest: object): string {
    const { market: id } = market;
    return JSON.stringify({ type, ...name, market: id, ...viewPosition(market, at), ...rest });
  }

  function snapshotAt(at: Position): string {
    if (snapshot?.at !== at) {
      snapshot = { at, text: format("snapshot", at, replica.contents()) };
    }
    return snapshot.text;
  }

  function admit(socket: FeedSocket, at: Position): void {
    sendText(socket, snapshotAt(at));
    socket.subscribe(topic);
  }

  const chain = followChain<Message>({
    connection,
    subject: replica.subject,
    decode: replica.decode,
    onGap,
    async load() {
      sent = await replica.load();
      return sent;
    },
    onLoaded({ missed }) {
      const { at } = chain;
      if (at === undefined) return;
      snapshot = undefined;
      if (missed) broadcast(topic, format("resnapshot", at, replica.contents()));
      for (const socket of waiting) admit(socket, at);
      waiting.clear();
    },
    onMessage(message, after) {
      const changes = replica.apply(message, after);
      if (changes === undefined) return;
      const from = viewPosition(market, sent ?? message.from);
      sent = message.to;
      broadcast(topic, format("update", message.to, { from, ...changes }));
    },
  });

  return {
    join(socket) {
      members.add(socket);
      if (chain.at === undefined) waiting.add(socket);
      else admit(socket, chain.at);
    },
    leave(socket) {
      members.delete(socket);
      waiting.delete(socket);
      socket.unsubscribe(topic);
    },
    get isIdle() {
      return members.size === 0;
    },
    stop: () => chain.stop(),
  };
}
