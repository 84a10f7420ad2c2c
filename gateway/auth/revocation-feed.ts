/**
 * Follows what identity revokes: subscribes, takes the snapshot, follows the messages. The snapshot is
 * taken again whenever a message may have been missed, and every few seconds in any case, since an
 * identity may die between its commit and its message.
 */

import { setTimeout as sleep } from "node:timers/promises";

import { type RevocationMessage, revokedTokens } from "@exchange/identity/api";
import { decodeJson, subject } from "@exchange/streams";
import { request, type Telemetry } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { createFeedHealth } from "./feed-health.ts";
import type { RevokedSet } from "./revoked-set.ts";

const SNAPSHOT_INTERVAL_MS = 10_000;
const SNAPSHOT_RETRY_MS = 100;
const SNAPSHOT_TIMEOUT_MS = 500;
const WATCH_INTERVAL_MS = 250;

export interface RevocationFeed {
  /** False when a revocation older than a second may be unknown here. */
  readonly fresh: boolean;
  /** Whether a first snapshot has arrived. */
  readonly started: boolean;
  stop(): void;
}

export interface RevocationFeedOptions {
  readonly connection: NatsConnection;
  readonly telemetry: Pick<Telemetry, "logger">;
  /** Where the revocations go. */
  readonly revoked: RevokedSet;
}

export function followRevocations(options: RevocationFeedOptions): RevocationFeed {
  const { connection, telemetry, revoked } = options;
  const health = createFeedHealth();
  const ending = new AbortController();
  let wake = Promise.withResolvers<void>();
  let started = false;

  const isFresh = (): boolean => health.isFresh(performance.now());

  // Subscribed before the first snapshot is asked for, so that nothing falls between the two.
  const subscription = connection.subscribe(subject.revokedTokens, {
    callback: (error, message) => {
      if (error !== null) return;
      const heard = decodeJson<RevocationMessage>(message.data);
      revoked.add(heard.revoked);
      health.hear(heard, performance.now());
      if (health.needsSnapshot) wake.resolve();
    },
  });

  async function takeSnapshots(): Promise<void> {
    while (!ending.signal.aborted) {
      const ticket = health.ask(performance.now());
      try {
        await readSnapshot(options);
        health.confirm(ticket);
        started = true;
      } catch (error) {
        telemetry.logger.warn({ err: error }, "the list of revoked tokens cannot be read");
        await sleep(SNAPSHOT_RETRY_MS);
        continue;
      }
      wake = Promise.withResolvers();
      if (health.needsSnapshot) continue;
      const timer = setTimeout(wake.resolve, SNAPSHOT_INTERVAL_MS);
      await wake.promise;
      clearTimeout(timer);
    }
  }

  void takeSnapshots();
  const watching = watchFreshness(isFresh, options);
  return {
    get fresh() {
      return isFresh();
    },
    get started() {
      return started;
    },
    stop() {
      ending.abort();
      wake.resolve();
      clearInterval(watching);
      subscription.unsubscribe();
    },
  };
}

async function readSnapshot({ connection, revoked }: RevocationFeedOptions): Promise<void> {
  // The subscription is in force once the server has answered this.
  await connection.flush();
  let after: string | undefined;
  do {
    const reply = await request(connection, {
      endpoint: revokedTokens,
      body: after === undefined ? {} : { after },
      timeoutMs: SNAPSHOT_TIMEOUT_MS,
    });
    if (reply.kind === "refused") throw new Error(`the snapshot was refused: ${reply.code}`);
    revoked.add(reply.value.revoked);
    after = reply.value.next;
  } while (after !== undefined);
}

/** Says in the log when trading stops for want of the feed, and when it goes on. */
function watchFreshness(
  isFresh: () => boolean,
  { telemetry, revoked }: RevocationFeedOptions,
): NodeJS.Timeout {
  let wasFresh = false;
  return setInterval(() => {
    const fresh = isFresh();
    if (fresh && !wasFresh) telemetry.logger.info("the feed of revoked tokens is fresh");
    if (!fresh && wasFresh) telemetry.logger.error("the feed of revoked tokens is stale");
    wasFresh = fresh;
    revoked.prune(Date.now() / 1000);
  }, WATCH_INTERVAL_MS);
}
