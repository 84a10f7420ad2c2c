/**
 * Reading a log from a position, in order and without a hole. Whatever arrived while the previous
 * batch was handled becomes the next batch.
 */

import type { NatsConnection } from "nats";

import { assert } from "../contract/index.ts";
import { onReconnect } from "./on-reconnect.ts";
import type { LogMessage, PullConsumer } from "./pull-consumer.ts";
import { openPullConsumer } from "./pull-consumer.ts";

export type { LogMessage } from "./pull-consumer.ts";

export interface FollowOptions {
  readonly connection: NatsConnection;
  readonly stream: string;
  /** Sequence of the last message that was already handled. */
  readonly after: number;
  /** Messages handed over at once, at most. */
  readonly batchMax: number;
  /** A throw ends the follower: `closed` rejects and the caller stops loudly. */
  readonly handle: (batch: readonly LogMessage[]) => Promise<void> | void;
}

export interface Follower {
  /** Sequence of the last message handed over. */
  readonly position: number;
  /** Messages received and not handed over yet. */
  readonly queued: number;
  /** Settles when the follower ended: rejects after a failure of `handle` or a hole in the log. */
  readonly closed: Promise<void>;
  /** Finishes the batch in hand, then ends. */
  stop(): Promise<void>;
}

/** Past either of these nothing more is asked for, so that a slow reader's memory stays bounded. */
const QUEUED_MAX = 10_000;
const QUEUED_BYTES_MAX = 48 * 1024 * 1024;
const RESTART_DELAY_MS = 250;
/** Batches of a full queue follow each other without a pause, and the network waits for one. */
const WORK_SLICE_MS = 5;

export function followStream(options: FollowOptions): Follower {
  const state: FollowState = {
    queue: [],
    start: 0,
    queuedBytes: 0,
    position: options.after,
    received: options.after,
    ending: new AbortController(),
    consumer: undefined,
    wake: Promise.withResolvers(),
  };
  const end = (): void => {
    state.ending.abort();
    state.consumer?.close();
    state.wake.resolve();
  };
  void readMessages(options, state);
  const closed = handleBatches(options, state).finally(end);
  return {
    get position() {
      return state.position;
    },
    get queued() {
      return state.queue.length - state.start;
    },
    closed,
    async stop() {
      end();
      // What reads may wait for a server that is away; whatever still comes is dropped.
      await Promise.allSettled([closed]);
    },
  };
}

interface FollowState {
  /** Messages before `start` are handed over already. */
  queue: LogMessage[];
  start: number;
  queuedBytes: number;
  position: number;
  received: number;
  readonly ending: AbortController;
  consumer: PullConsumer | undefined;
  wake: PromiseWithResolvers<void>;
}

/** Keeps a consumer open: one that was lost is opened again behind the last message. */
async function readMessages(options: FollowOptions, state: FollowState): Promise<void> {
  const { signal } = state.ending;
  let isFresh = false;
  const forget = onReconnect(options.connection, () => {
    isFresh = true;
    state.consumer?.close();
  });
  signal.addEventListener("abort", forget);
  while (!signal.aborted) {
    isFresh = false;
    try {
      await consumeUntilClosed(options, state);
    } catch {
      // The server is away or the consumer is gone: the next turn opens another one.
    }
    if (!signal.aborted && !isFresh) await Bun.sleep(RESTART_DELAY_MS);
  }
}

async function consumeUntilClosed(options: FollowOptions, state: FollowState): Promise<void> {
  const consumer = await openPullConsumer({
    connection: options.connection,
    stream: options.stream,
    after: state.received,
    hasRoom: () =>
      state.queue.length - state.start < QUEUED_MAX && state.queuedBytes < QUEUED_BYTES_MAX,
    onMessage(message) {
      state.queue.push(message);
      state.queuedBytes += message.data.length;
      state.received = message.sequence;
      state.wake.resolve();
    },
  });
  state.consumer = consumer;
  if (state.ending.signal.aborted) consumer.close();
  await consumer.closed;
}

async function handleBatches(options: FollowOptions, state: FollowState): Promise<void> {
  const { signal } = state.ending;
  let pausedAtMs = performance.now();
  while (!signal.aborted) {
    const batch = takeBatch(options, state);
    if (batch.length === 0) {
      state.wake = Promise.withResolvers();
      await state.wake.promise;
      pausedAtMs = performance.now();
      continue;
    }
    await options.handle(batch);
    state.consumer?.ask();
    if (performance.now() - pausedAtMs < WORK_SLICE_MS) continue;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    pausedAtMs = performance.now();
  }
}

/** Empty when nothing is queued. */
function takeBatch({ stream, batchMax }: FollowOptions, state: FollowState): readonly LogMessage[] {
  const batch: LogMessage[] = [];
  const end = Math.min(state.start + batchMax, state.queue.length);
  for (let place = state.start; place < end; place += 1) {
    const message = state.queue[place];
    assert(
      message?.sequence === state.position + 1,
      `${stream} goes from ${state.position} to ${message?.sequence}`,
    );
    batch.push(message);
    state.position = message.sequence;
    state.queuedBytes -= message.data.length;
  }
  state.start = end;
  // Cutting off what was handed over moves all that follows, so it waits until that is no more than was cut.
  if (end * 2 >= state.queue.length) {
    state.queue = state.queue.slice(end);
    state.start = 0;
  }
  return batch;
}
