/** What every channel of the feed is to the connections. */

import type { Market, Position } from "@exchange/streams/contract";
import { formatPosition } from "@exchange/streams/contract";

import { viewPosition } from "../views/market-view.ts";
import type { FeedSocket } from "./socket.ts";

/** What a client has already: a position of a market's channel, or the versions of balances by asset. */
export type Since = Position | ReadonlyMap<string, number>;

export interface Channel {
  /**
   * Sends what there is, now or as soon as it is known, and everything after it. Again: from the start. With `since`
   * it sends what came after that, or says that it does not know it any more.
   */
  join(socket: FeedSocket, since?: Since): void;
  leave(socket: FeedSocket): void;
  /** Sends no more updates until `resume`, which makes up for them with as few as possible. */
  pause?(socket: FeedSocket): void;
  resume?(socket: FeedSocket): void;
  /** Whether nobody listens. */
  readonly isIdle: boolean;
  stop(): void;
}

/** Sends one text to every connection that subscribed to the topic. */
export type Broadcast = (topic: string, text: string) => void;

/** How each message of a market's channel starts: `seq`, which is `at` and `index` in one, is where it ends. */
export function messageHead(market: Market, name: object, at: Position): object {
  return { ...name, market: market.market, seq: formatPosition(at), ...viewPosition(market, at) };
}

/** A position, when that is what a client has. */
export function positionOf(since: Since | undefined): Position | undefined {
  return since !== undefined && "command" in since ? since : undefined;
}

/** Versions of balances, when those are what a client has. */
export function versionsOf(since: Since | undefined): ReadonlyMap<string, number> | undefined {
  return since !== undefined && !("command" in since) ? since : undefined;
}
