/** What the engines of some markets decide from now on, in epochs that begin meanwhile as well. */

import { decodeFrame, stream } from "@exchange/streams";
import type { Market, MarketEvent, MarketId } from "@exchange/streams/contract";
import type { Follower } from "@exchange/streams/runtime";
import { followStream, watchMarkets } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { lastSequence } from "./read-log.ts";

const FRAMES_A_BATCH = 100;

export interface FollowedEvents {
  /** Rejects when a log cannot be followed any more. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

export async function followEvents(
  connection: NatsConnection,
  markets: readonly Market[],
  onEvent: (market: Market, event: MarketEvent) => void,
): Promise<FollowedEvents> {
  const followers: Follower[] = [];
  const failed = Promise.withResolvers<never>();
  const epochs = new Map<MarketId, number>();

  function follow(market: Market, after: number): void {
    const follower = followStream({
      connection,
      stream: stream.events(market.market, market.epoch),
      after,
      batchMax: FRAMES_A_BATCH,
      handle: (batch) => {
        for (const { data } of batch) {
          for (const event of decodeFrame(data).events) onEvent(market, event);
        }
      },
    });
    followers.push(follower);
    follower.closed.catch(failed.reject);
  }

  async function followNext(market: Market, from: number): Promise<void> {
    const jsm = await connection.jetstreamManager();
    for (let epoch = from; epoch <= market.epoch; epoch += 1) {
      const { state } = await jsm.streams.info(stream.events(market.market, epoch));
      follow({ ...market, epoch }, state.first_seq - 1);
    }
  }

  for (const market of markets) {
    epochs.set(market.market, market.epoch);
    follow(market, await lastSequence(connection, stream.events(market.market, market.epoch)));
  }
  const directory = await watchMarkets(connection);
  directory.onMarket((market) => {
    const epoch = epochs.get(market.market);
    if (epoch === undefined || market.epoch <= epoch) return;
    epochs.set(market.market, market.epoch);
    followNext(market, epoch + 1).catch(failed.reject);
  });
  return {
    failed: failed.promise,
    async stop() {
      directory.stop();
      await Promise.all(followers.map((follower) => follower.stop()));
    },
  };
}
