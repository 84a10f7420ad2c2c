/** A market's private channels: event frames, each account's part to its own connections. */

import { decodeFrame, stream, subject } from "@exchange/streams";
import type { Market, Position } from "@exchange/streams/contract";
import { GENESIS } from "@exchange/streams/contract";
import type { Telemetry } from "@exchange/streams/runtime";
import { readLast } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { createAccountMembers } from "./account-members.ts";
import type { Channel } from "./channel.ts";
import { positionOf } from "./channel.ts";
import { followChain } from "./follow-chain.ts";
import type { Listen } from "./listen.ts";
import type { OrdersChannelName, PrivateFrame } from "./order-messages.ts";
import { createOrderMessages } from "./order-messages.ts";
import type { FeedSocket } from "./socket.ts";
import { sendText } from "./socket.ts";

/** Traces that one frame continues, at most. */
const SPANS_MAX = 16;

export interface OrdersChannelOptions {
  readonly name: OrdersChannelName;
  readonly connection: NatsConnection;
  readonly market: Market;
  /** Of the market, as it is now: a channel outlives it. */
  readonly epoch: () => number;
  /** As it is listed now: its fee tiers change. */
  readonly currentMarket: () => Market;
  readonly telemetry: Pick<Telemetry, "startSpan">;
  /** The market's frames, which its private channels share. */
  readonly listen: Listen<TracedFrame>;
  readonly onGap: () => void;
}

export interface TracedFrame extends PrivateFrame {
  readonly traces: readonly string[];
}

export function decodeTraced(bytes: Uint8Array): TracedFrame {
  const { from, to, events, traces = {} } = decodeFrame(bytes);
  return { from, to, events, traces: Object.values(traces), bytes: bytes.length };
}

export function createOrdersChannel(options: OrdersChannelOptions): Channel {
  const { connection, name, currentMarket, telemetry, listen, onGap } = options;
  const members = createAccountMembers();
  /** Those that wait until the position is known, with what they have. */
  const waiting = new Map<FeedSocket, Position | undefined>();
  const messages = createOrderMessages(currentMarket, name);

  function push(frame: TracedFrame, after: Position): void {
    const texts = messages.updates(frame, after);
    if (texts.size === 0) return;
    const parents = frame.traces.slice(0, SPANS_MAX);
    const spans = parents.map((parent) => telemetry.startSpan("feed push", parent));
    for (const [accountId, text] of texts) {
      for (const socket of members.of(accountId)) sendText(socket, text);
    }
    for (const span of spans) span?.end();
  }

  function admit(socket: FeedSocket, at: Position, since: Position | undefined): void {
    const accountId = socket.data.identity?.accountId;
    if (accountId === undefined) return;
    messages.enter(accountId, at);
    const text =
      since === undefined ? messages.start("snapshot", at) : messages.missed(accountId, since, at);
    if (text !== undefined) sendText(socket, text);
  }

  const chain = followChain<TracedFrame>({
    connection,
    listen,
    load: () => readLogEnd(options),
    onGap,
    onMessage: push,
    onLoaded({ missed }) {
      const { at } = chain;
      if (at === undefined) return;
      messages.restart(at);
      const again = messages.start("resnapshot", at);
      for (const accountId of members.accounts()) {
        for (const socket of members.of(accountId)) {
          if (waiting.has(socket)) admit(socket, at, waiting.get(socket));
          else if (missed) sendText(socket, again);
        }
      }
      waiting.clear();
    },
  });

  return {
    join(socket, since) {
      const accountId = socket.data.identity?.accountId;
      if (accountId === undefined) return;
      members.add(accountId, socket);
      if (chain.at === undefined) waiting.set(socket, positionOf(since));
      else admit(socket, chain.at, positionOf(since));
    },
    leave(socket) {
      waiting.delete(socket);
      const accountId = socket.data.identity?.accountId;
      if (accountId !== undefined && members.remove(accountId, socket)) messages.leave(accountId);
    },
    get isIdle() {
      return members.size === 0;
    },
    stop: () => chain.stop(),
  };
}

/**
 * Everything after it will come on the subject, which is subscribed already. An epoch without a frame goes on where
 * the one before ended.
 */
async function readLogEnd(options: OrdersChannelOptions): Promise<Position> {
  const { market } = options.market;
  for (let epoch = options.epoch(); epoch > 0; epoch -= 1) {
    const [log, frames] = [stream.events(market, epoch), subject.events(market, epoch)];
    const last = await readLast(options.connection, log, frames);
    if (last !== undefined) return decodeFrame(last).to;
  }
  return GENESIS;
}
