/** What one sees of the feed from outside. */

import type { Telemetry } from "@exchange/streams/runtime";
import { Counter, Gauge } from "prom-client";

export interface FeedMetrics {
  readonly connections: Gauge;
  readonly channels: Gauge;
  readonly subscriptions: Gauge<"channel">;
  readonly messages: Counter<"op">;
  readonly refusals: Counter<"code">;
  /** Times a channel missed messages and read its view again. */
  readonly gaps: Counter<"channel">;
  readonly framesDecoded: Counter;
  readonly slowConsumers: Counter;
  /** Times a connection's updates were held back. */
  readonly pauses: Counter;
  /** What waits for all clients together. */
  readonly backlogBytes: Gauge;
  readonly crowdedAddresses: Counter;
}

export function createFeedMetrics({ registry }: Pick<Telemetry, "registry">): FeedMetrics {
  const registers = [registry];
  return {
    connections: new Gauge({
      name: "feed_connections",
      help: "Open WebSocket connections.",
      registers,
    }),
    channels: new Gauge({
      name: "feed_channels",
      help: "Channels kept current for somebody.",
      registers,
    }),
    subscriptions: new Gauge({
      name: "feed_subscriptions",
      help: "Subscriptions by channel.",
      labelNames: ["channel"],
      registers,
    }),
    messages: new Counter({
      name: "feed_client_messages_total",
      help: "Messages from clients.",
      labelNames: ["op"],
      registers,
    }),
    refusals: new Counter({
      name: "feed_refusals_total",
      help: "Errors sent to clients.",
      labelNames: ["code"],
      registers,
    }),
    gaps: new Counter({
      name: "feed_gaps_total",
      help: "Times a channel missed messages and read its view again.",
      labelNames: ["channel"],
      registers,
    }),
    framesDecoded: new Counter({
      name: "feed_frames_decoded_total",
      help: "Event frames decoded for private channels.",
      registers,
    }),
    slowConsumers: new Counter({
      name: "feed_slow_consumers_total",
      help: "Connections closed because their client did not read.",
      registers,
    }),
    pauses: new Counter({
      name: "feed_pauses_total",
      help: "Times updates were held back from a client that did not read fast enough.",
      registers,
    }),
    backlogBytes: new Gauge({
      name: "feed_backlog_bytes",
      help: "What waits to be read by all clients.",
      registers,
    }),
    crowdedAddresses: new Counter({
      name: "feed_crowded_addresses_total",
      help: "Connections closed because their address had too many.",
      registers,
    }),
  };
}
