/** A stretch of a market's command log, from one end to the other. */

import { stream } from "@exchange/streams";
import type { MarketId } from "@exchange/streams/contract";
import type { LogMessage } from "@exchange/streams/runtime";
import { followStream } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

export interface RecordSource {
  readonly connection: NatsConnection;
  readonly market: MarketId;
  readonly epoch: number;
}

interface Stretch {
  readonly after: number;
  readonly last: number;
}

const RECORDS_A_BATCH = 64;

/** Hands over the records behind `after` up to `last` as they come, since there may be more than fit into memory. */
export async function readRecords(
  { connection, market, epoch }: RecordSource,
  { after, last }: Stretch,
  handle: (message: LogMessage) => void,
): Promise<void> {
  if (after >= last) return;
  const done = Promise.withResolvers<void>();
  const follower = followStream({
    connection,
    stream: stream.commands(market, epoch),
    after,
    batchMax: RECORDS_A_BATCH,
    handle(batch) {
      for (const message of batch) {
        if (message.sequence <= last) handle(message);
        if (message.sequence === last) done.resolve();
      }
    },
  });
  await Promise.race([done.promise, follower.closed]);
  await follower.stop();
}
