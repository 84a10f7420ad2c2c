/** Replaying a command log, beside reading and parsing it alone. */

import { createBook } from "@exchange/engine/core";
import { readLogged, Replica } from "@exchange/engine/replay";
import { decodeRecord, stream } from "@exchange/streams";
import type { MarketId } from "@exchange/streams/contract";
import { followStream } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";
import { DeliverPolicy } from "nats";

import { BENCH_EPOCH } from "./fill-log.ts";

/** The client library's own way to read in order, with as much under way as serves it best. */
const ORDERED = { max_messages: 5000, expires: 2000, idle_heartbeat: 500 } as const;
const RECORDS_A_BATCH = 64;

/** Seconds to read and parse every record. */
export async function measureParse(
  connection: NatsConnection,
  market: MarketId,
  lastRecord: number,
): Promise<number> {
  const startedMs = performance.now();
  const consumer = await connection
    .jetstream()
    .consumers.get(stream.commands(market, BENCH_EPOCH), {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: 1,
    });
  const done = Promise.withResolvers<void>();
  const messages = await consumer.consume({
    ...ORDERED,
    callback: ({ seq, data }) => {
      decodeRecord(data);
      if (seq === lastRecord) done.resolve();
    },
  });
  await done.promise;
  const seconds = (performance.now() - startedMs) / 1000;
  messages.stop();
  return seconds;
}

/** Seconds to read, parse, apply and chain every record. */
export async function measureReplay(
  connection: NatsConnection,
  market: MarketId,
  lastRecord: number,
): Promise<number> {
  const startedMs = performance.now();
  const replica = new Replica({ market, epoch: BENCH_EPOCH, createBook });
  const done = Promise.withResolvers<void>();
  const follower = followStream({
    connection,
    stream: stream.commands(market, BENCH_EPOCH),
    after: 0,
    batchMax: RECORDS_A_BATCH,
    handle(batch) {
      for (const message of batch) replica.apply(readLogged(message));
      if (replica.sequence === lastRecord) done.resolve();
    },
  });
  await Promise.race([done.promise, follower.closed]);
  const seconds = (performance.now() - startedMs) / 1000;
  await follower.stop();
  return seconds;
}
