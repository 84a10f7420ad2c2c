/**
 * Reading a log from a position, in order and without a hole. Whatever arrived while the previous
 * batch was handled becomes the next batch.
 */

import type { ConsumerMessages, JsMsg, NatsConnection } from "nats";
import { DeliverPolicy } from "nats";

import { assert } from "../contract/index.ts";
import { onReconnect } from "./on-reconnect.ts";

export interface LogMessage {
  readonly sequence: number;
  readonly data: Uint8Array;
  /** When the server stored it, ms. It may step back; the engine clamps it. */
  readonly timeMs: number;
}

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

/** Past either of these reading pauses, so that a slow reader's memory stays bounded. */
const QUEUED_MAX = 20_000;
const QUEUED_BYTES_MAX = 64 * 1024 * 1024;
/**
 * Messages under way at once, of up to 256 KB each. The server cuts a connection to which more than 64 MB
 * are under way, whoever asked for it, so that a reader that asks for more never catches up.
 */
const PULL = { max_messages: 64, expires: 2000, idle_heartbeat: 500 } as const;
const RESTART_DELAY_MS = 250;
const PAUSE_POLL_MS = 5;

export function followStream(options: FollowOptions): Follower {
  const state: FollowState = {
    queue: [],
    queuedBytes: 0,
    position: options.after,
    received: options.after,
    ending: new AbortController(),
    messages: undefined,
    wake: Promise.withResolvers(),
  };
  const end = (): void => {
    state.ending.abort();
    state.messages?.stop();
    state.wake.resolve();
  };
  const reading = readMessages(options, state);
  const closed = handleBatches(options, state).finally(end);
  return {
    get position() {
      return state.position;
    },
    get queued() {
      return state.queue.length;
    },
    closed,
    async stop() {
      end();
      await Promise.allSettled([closed, reading]);
    },
  };
}

interface FollowState {
  queue: LogMessage[];
  queuedBytes: number;
  position: number;
  received: number;
  readonly ending: AbortController;
  messages: ConsumerMessages | undefined;
  wake: PromiseWithResolvers<void>;
}

/** Keeps a consumer open: one lost, or paused by a long queue, is opened again behind the last message. */
async function readMessages(options: FollowOptions, state: FollowState): Promise<void> {
  const { signal } = state.ending;
  const forget = onReconnect(options.connection, () => state.messages?.stop());
  signal.addEventListener("abort", forget);
  while (!signal.aborted) {
    if (isLong(state, 0.5)) {
      await Bun.sleep(PAUSE_POLL_MS);
      continue;
    }
    try {
      await consumeUntilClosed(options, state);
    } catch {
      // The server is away or the consumer is gone: the next turn opens another one.
    }
    if (!signal.aborted && !isLong(state, 1)) await Bun.sleep(RESTART_DELAY_MS);
  }
}

async function consumeUntilClosed(options: FollowOptions, state: FollowState): Promise<void> {
  const consumer = await options.connection.jetstream().consumers.get(options.stream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: state.received + 1,
  });
  let isOver = false;
  const messages = await consumer.consume({
    ...PULL,
    callback(message) {
      // Stopped while the library was making a lost consumer anew, it reads on all the same, and past a pause of
      // ours its messages would look like a hole. A throw is what ends it.
      if (isOver) throw new Error("this consumer was stopped");
      receive(state, message);
    },
  });
  state.messages = messages;
  if (state.ending.signal.aborted) messages.stop();
  await messages.closed();
  isOver = true;
}

function receive(state: FollowState, message: JsMsg): void {
  if (message.seq <= state.received) return;
  // Past a pause the consumer's last messages still trickle in; they will be read again.
  if (isLong(state, 1)) {
    state.messages?.stop();
    return;
  }
  state.queue.push({
    sequence: message.seq,
    data: message.data,
    timeMs: Math.floor(message.info.timestampNanos / 1_000_000),
  });
  state.queuedBytes += message.data.length;
  state.received = message.seq;
  state.wake.resolve();
}

/** Whether the queue has reached this share of what it may hold. */
function isLong({ queue, queuedBytes }: FollowState, share: number): boolean {
  return queue.length >= QUEUED_MAX * share || queuedBytes >= QUEUED_BYTES_MAX * share;
}

async function handleBatches(options: FollowOptions, state: FollowState): Promise<void> {
  const { signal } = state.ending;
  while (!signal.aborted) {
    if (state.queue.length === 0) {
      state.wake = Promise.withResolvers();
      await state.wake.promise;
      continue;
    }
    const batch = state.queue.slice(0, options.batchMax);
    state.queue = state.queue.slice(options.batchMax);
    for (const message of batch) {
      assert(
        message.sequence === state.position + 1,
        `${options.stream} goes from ${state.position} to ${message.sequence}`,
      );
      state.position = message.sequence;
      state.queuedBytes -= message.data.length;
    }
    await options.handle(batch);
  }
}
