/** What every channel of the feed is to the connections. */

import type { Market, Position } from "@exchange/streams/contract";

import { viewPosition } from "../views/market-view.ts";
import type { FeedSocket } from "./socket.ts";

export interface Channel {
  /** Sends what there is, now or as soon as it is known, and everything after it. Again: from the start. */
  join(socket: FeedSocket): void;
  leave(socket: FeedSocket): void;
  /** Whether nobody listens. */
  readonly isIdle: boolean;
  stop(): void;
}

/** Sends one text to every connection that subscribed to the topic. */
export type Broadcast = (topic: string, text: string) => void;

/** How each message of a market's channel starts; `at` and `index` are the position it ends at. */
export function messageHead(market: Market, channel: string, at: Position): object {
  return { channel, market: market.market, ...viewPosition(market, at) };
}
