/** The channels somebody listens to. Each is opened for its first listener and closed a while after its last. */

import { subject } from "@exchange/streams";
import { unreachable } from "@exchange/streams/contract";
import type { Telemetry } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import type { Markets } from "../deps.ts";
import { createBalancesChannel } from "./balances-channel.ts";
import type { Broadcast, Channel } from "./channel.ts";
import type { PublicSubscription, Subscription } from "./client-message.ts";
import { subscriptionKey } from "./client-message.ts";
import type { Listen } from "./listen.ts";
import { shareSubjects } from "./listen.ts";
import type { FeedMetrics } from "./metrics.ts";
import type { TracedFrame } from "./orders-channel.ts";
import { createOrdersChannel, decodeTraced } from "./orders-channel.ts";
import { createPublicChannel } from "./public-channel.ts";
import {
  createBboReplica,
  createBookReplica,
  createCandlesReplica,
  createTickerReplica,
  createTradesReplica,
} from "./replicas.ts";

export interface ChannelsOptions {
  readonly connection: NatsConnection;
  readonly markets: Markets;
  readonly telemetry: Pick<Telemetry, "startSpan">;
  readonly metrics: FeedMetrics;
  readonly broadcast: Broadcast;
}

export interface Channels {
  /** Undefined when the market is not listed. */
  open(subscription: Subscription): Channel | undefined;
  /** The channel if it is open. */
  find(subscription: Subscription): Channel | undefined;
  /** Closes those that nobody has listened to since the last sweep. */
  sweep(): void;
  stop(): void;
  readonly size: number;
}

export function createChannels(options: ChannelsOptions): Channels {
  const { connection, metrics } = options;
  const open = new Map<string, Channel>();
  const frames = shareSubjects(connection, (bytes) => {
    metrics.framesDecoded.inc();
    return decodeTraced(bytes);
  });
  let idle = new Set<string>();
  return {
    open(subscription) {
      const key = subscriptionKey(subscription);
      const known = open.get(key);
      if (known !== undefined) return known;
      const channel = createChannel({ ...options, frames }, subscription);
      if (channel !== undefined) open.set(key, channel);
      return channel;
    },
    find: (subscription) => open.get(subscriptionKey(subscription)),
    sweep() {
      const idleNow = new Set<string>();
      for (const [key, channel] of open) {
        if (!channel.isIdle) continue;
        if (!idle.has(key)) {
          idleNow.add(key);
          continue;
        }
        channel.stop();
        open.delete(key);
      }
      idle = idleNow;
    },
    stop() {
      for (const channel of open.values()) channel.stop();
      open.clear();
    },
    get size() {
      return open.size;
    },
  };
}

interface ChannelOptions extends ChannelsOptions {
  readonly frames: (subject: string) => Listen<TracedFrame>;
}

function createChannel(options: ChannelOptions, subscription: Subscription): Channel | undefined {
  if (subscription.channel === "balances") return createBalancesChannel(options);
  const market = options.markets.get(subscription.market);
  if (market === undefined) return undefined;
  const { metrics, connection } = options;
  const onGap = (): void => metrics.gaps.inc({ channel: subscription.channel });
  if (subscription.channel === "orders" || subscription.channel === "fills") {
    return createOrdersChannel({
      ...options,
      name: subscription.channel,
      market,
      epoch: () => options.markets.get(market.market)?.epoch ?? market.epoch,
      currentMarket: () => options.markets.get(subscription.market) ?? market,
      listen: options.frames(subject.republishedEvents(market.market)),
      onGap,
    });
  }
  const replicaOptions = { connection, market };
  const shared = {
    ...options,
    market,
    name: publicName(subscription),
    topic: subscriptionKey(subscription),
    onGap,
  };
  switch (subscription.channel) {
    case "book":
      return createPublicChannel({ ...shared, replica: createBookReplica(replicaOptions) });
    case "bbo":
      return createPublicChannel({ ...shared, replica: createBboReplica(replicaOptions) });
    case "trades":
      return createPublicChannel({ ...shared, replica: createTradesReplica(replicaOptions) });
    case "ticker":
      return createPublicChannel({ ...shared, replica: createTickerReplica(replicaOptions) });
    case "candles":
      return createPublicChannel({
        ...shared,
        replica: createCandlesReplica(replicaOptions, subscription.interval),
      });
    default:
      return unreachable(subscription);
  }
}

function publicName(subscription: PublicSubscription): object {
  const { channel } = subscription;
  return channel === "candles" ? { channel, interval: subscription.interval } : { channel };
}
