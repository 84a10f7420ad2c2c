/** A market's private channels: event frames, each account's part to its own connections. */

import { decodeFrame, stream, subject } from "@exchange/streams";
import type { AccountId, Frame, Market, MarketEvent, Position } from "@exchange/streams/contract";
import { comparePositions, GENESIS } from "@exchange/streams/contract";
import type { Telemetry } from "@exchange/streams/runtime";
import { jetStreamCode, natsErrorCode } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import { createAccountMembers } from "./account-members.ts";
import type { Channel } from "./channel.ts";
import { messageHead } from "./channel.ts";
import { followChain } from "./follow-chain.ts";
import { accountEvents } from "./order-events.ts";
import type { FeedSocket } from "./socket.ts";
import { sendText } from "./socket.ts";

/** Traces that one frame continues, at most. */
const SPANS_MAX = 16;

export interface OrdersChannelOptions {
  /** All that happens to orders, or their fills alone. */
  readonly name: "orders" | "fills";
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly market: Market;
  readonly telemetry: Pick<Telemetry, "startSpan">;
  readonly onGap: () => void;
  readonly onFrame: () => void;
}

export function createOrdersChannel(options: OrdersChannelOptions): Channel {
  const { connection, name, market, telemetry, onGap, onFrame } = options;
  const members = createAccountMembers();
  const waiting = new Set<FeedSocket>();

  const isListening = (accountId: AccountId): boolean => members.has(accountId);

  const isWanted = ({ kind }: MarketEvent): boolean => name === "orders" || kind === "Trade";

  function start(type: "snapshot" | "resnapshot", at: Position): string {
    return JSON.stringify({ type, ...messageHead(market, name, at) });
  }

  function push(frame: Frame, after: Position): void {
    onFrame();
    const byAccount = Map.groupBy(
      frame.events
        .filter((event) => isWanted(event) && comparePositions(event, after) > 0)
        .flatMap((event) => accountEvents(market, event, isListening)),
      ({ accountId }) => accountId,
    );
    if (byAccount.size === 0) return;
    const parents = Object.values(frame.traces ?? {}).slice(0, SPANS_MAX);
    const spans = parents.map((parent) => telemetry.startSpan("feed push", parent));
    const head = { type: "update", ...messageHead(market, name, frame.to) };
    for (const [accountId, seen] of byAccount) {
      const text = JSON.stringify({ ...head, events: seen.map(({ event }) => event) });
      for (const socket of members.of(accountId)) sendText(socket, text);
    }
    for (const span of spans) span?.end();
  }

  const chain = followChain<Frame>({
    connection,
    subject: subject.republishedEvents(market.market),
    decode: decodeFrame,
    load: () => readLogEnd(options),
    onGap,
    onMessage: push,
    onLoaded({ missed }) {
      const { at } = chain;
      if (at === undefined) return;
      const [first, again] = [start("snapshot", at), start("resnapshot", at)];
      for (const accountId of members.accounts()) {
        for (const socket of members.of(accountId)) {
          if (waiting.has(socket)) sendText(socket, first);
          else if (missed) sendText(socket, again);
        }
      }
      waiting.clear();
    },
  });

  return {
    join(socket) {
      const accountId = socket.data.identity?.accountId;
      if (accountId === undefined) return;
      members.add(accountId, socket);
      if (chain.at === undefined) waiting.add(socket);
      else sendText(socket, start("snapshot", chain.at));
    },
    leave(socket) {
      waiting.delete(socket);
      const accountId = socket.data.identity?.accountId;
      if (accountId !== undefined) members.remove(accountId, socket);
    },
    get isIdle() {
      return members.size === 0;
    },
    stop: () => chain.stop(),
  };
}

/** Everything after it will come on the subject, which is subscribed already. */
async function readLogEnd({ jsm, market }: OrdersChannelOptions): Promise<Position> {
  const { market: id, epoch } = market;
  try {
    const last = await jsm.streams.getMessage(stream.events(id, epoch), {
      last_by_subj: subject.events(id, epoch),
    });
    return decodeFrame(last.data).to;
  } catch (error) {
    if (natsErrorCode(error) === jetStreamCode.noMessage) return GENESIS;
    throw error;
  }
}
