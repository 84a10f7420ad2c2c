/** The streams and buckets as declared. `ops` creates them; every process compares before it relies on one. */

import type { StreamConfig } from "nats";
import { DiscardPolicy, RetentionPolicy, StorageType } from "nats";

import type { MarketId } from "./contract/index.ts";
import { bucket, stream, subject } from "./subjects.ts";

const SECOND_NS = 1_000_000_000;

/** A full log refuses orders; an operator rotates the market long before. */
export const COMMAND_LOG_BYTES_MAX = 4 * 1024 ** 3;
/** Share of the command log from which on orders are refused; the rest is for cancels, ticks and admin. */
export const COMMAND_LOG_PLACING_SHARE = 0.9;
/** A lease that is not renewed for this long is free. */
export const LEASE_TTL_MS = 3000;

export type StreamDeclaration = Pick<StreamConfig, "name" | "subjects"> & Partial<StreamConfig>;

/** Insert-only: the server refuses a second record for a key, whatever a client forgets. */
export function commandLog(market: MarketId, epoch: number): StreamDeclaration {
  return {
    name: stream.commands(market, epoch),
    subjects: [subject.commands(market, epoch)],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_msgs_per_subject: 1,
    max_bytes: COMMAND_LOG_BYTES_MAX,
    max_age: 0,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    deny_delete: true,
    deny_purge: true,
    allow_direct: true,
    allow_rollup_hdrs: false,
  };
}

/** One writer, fenced by the expected last sequence; no expiry. */
export function eventLog(market: MarketId, epoch: number): StreamDeclaration {
  return {
    name: stream.events(market, epoch),
    subjects: [subject.events(market, epoch)],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_age: 0,
    discard: DiscardPolicy.New,
    deny_delete: true,
    deny_purge: true,
    allow_direct: true,
    allow_rollup_hdrs: false,
    republish: { src: subject.events(market, epoch), dest: subject.republishedEvents(market) },
  };
}

/** Market and asset definitions, with history. */
const marketsBucket = keyValue(bucket.markets, { max_msgs_per_subject: 64 });

/** Claims on outside ids. It saves work; unique keys in MySQL decide. */
const dedupBucket = keyValue(bucket.dedup, { max_age: 24 * 3600 * SECOND_NS });

/** On disk, because a memory stream is gone after a restart of a single server, its configuration included. */
const leasesBucket = keyValue(bucket.leases, {
  max_age: LEASE_TTL_MS * (SECOND_NS / 1000),
});

/** Engine snapshots. An object store deletes and purges its own chunks, so it may. */
const snapshotsStore: StreamDeclaration = {
  name: `OBJ_${bucket.snapshots}`,
  subjects: [`$O.${bucket.snapshots}.C.>`, `$O.${bucket.snapshots}.M.>`],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.New,
  allow_direct: true,
  allow_rollup_hdrs: true,
};

export const sharedStreams: readonly StreamDeclaration[] = [
  marketsBucket,
  dedupBucket,
  leasesBucket,
  snapshotsStore,
];

function keyValue(name: string, options: Partial<StreamConfig>): StreamDeclaration {
  return {
    name: `KV_${name}`,
    subjects: [`$KV.${name}.>`],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_msgs_per_subject: 1,
    discard: DiscardPolicy.New,
    allow_direct: true,
    allow_rollup_hdrs: true,
    deny_delete: true,
    ...options,
  };
}
