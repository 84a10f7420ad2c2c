/** A market of its own for one live test, on a server of its own: no other engine may serve it. */

import { bucket, commandLog, eventLog, stream } from "@exchange/streams";
import type { MarketId } from "@exchange/streams/contract";
import type { EpochAppender } from "@exchange/streams/runtime";
import {
  connectNats,
  createAppender,
  listMarket,
  provisionStreams,
} from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import type { PrivateNats } from "./private-nats.ts";

export interface TestMarket {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly market: MarketId;
  readonly appender: EpochAppender;
  /** Unlists it, so that the engines of the next test do not serve it. */
  remove(): Promise<void>;
}

let count = 0;

/** `firstSequence`: where both of its logs begin, as those of an epoch that follows another. */
export async function openTestMarket(
  server: Pick<PrivateNats, "url">,
  firstSequence = 1,
): Promise<TestMarket> {
  const connection = await connectNats({ url: server.url, name: "test" });
  const jsm = await connection.jetstreamManager();
  count += 1;
  const base = `B${count}`;
  const market = `${base}-USD`;
  await provisionStreams(connection);
  for (const log of [commandLog(market, 1), eventLog(market, 1)]) {
    await jsm.streams.add({ ...log, first_seq: firstSequence });
  }
  const rules = { makerFeePpm: 1000, takerFeePpm: 2000, state: "continuous", version: 1 } as const;
  const steps = { baseScale: 8, quoteScale: 10, tick: "0.01", lot: "0.00000001" };
  await listMarket(connection, { market, base, quote: "USD", ...steps, ...rules, epoch: 1 }, []);
  const appender = createAppender({ connection, jsm, market, epoch: 1 });
  return {
    connection,
    jsm,
    market,
    appender,
    async remove() {
      await appender.close();
      const markets = await connection.jetstream().views.kv(bucket.markets, { bindOnly: true });
      await markets.delete(`market.${market}`);
      await jsm.streams.delete(stream.commands(market, 1));
      await jsm.streams.delete(stream.events(market, 1));
      await connection.close();
    },
  };
}
