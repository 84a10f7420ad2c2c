/**
 * Reading a log in turns: what came since the last turn is asked for at once. For readers that nobody waits for:
 * following a log costs the server and the reader a message and a wake-up for each entry, a turn costs two.
 */

import { setTimeout as sleep } from "node:timers/promises";

import type { Msg, NatsConnection } from "nats";
import { NatsError, RequestStrategy } from "nats";

import { encodeJson } from "../codec.ts";
import { assert } from "../contract/index.ts";
import type { Follower, FollowOptions, LogMessage } from "./follow.ts";

export interface PollOptions extends Omit<FollowOptions, "connection"> {
  readonly connection: Pick<NatsConnection, "requestMany">;
  /** From the start of one turn to the start of the next, while entries come and none is left behind. */
  readonly everyMs: number;
}

/** A turn's messages of up to 256 KB each: far below the 64 MB at which the server cuts a connection. */
const TURN_BYTES_MAX = 16 * 1024 * 1024;
const TURN_LIMIT_MS = 1000;
const RETRY_DELAY_MS = 250;
/** A log in which nothing happens is asked less and less often, down to once in this many turns. */
const QUIET_TURNS_MAX = 4;

/** As `followStream`, in turns. `queued` is what the last turn left behind. */
export function pollStream(options: PollOptions): Follower {
  const ending = new AbortController();
  const state: PollState = { position: options.after, queued: 0, isSecondAsk: false };
  const closed = takeTurns(options, state, ending.signal);
  return {
    get position() {
      return state.position;
    },
    get queued() {
      return state.queued;
    },
    closed,
    async stop() {
      ending.abort();
      await Promise.allSettled([closed]);
    },
  };
}

interface PollState {
  position: number;
  queued: number;
  /** The last turn brought nothing but what stands further on. */
  isSecondAsk: boolean;
}

async function takeTurns(
  options: PollOptions,
  state: PollState,
  signal: AbortSignal,
): Promise<void> {
  let quietTurns = 1;
  while (!signal.aborted) {
    const startedMs = performance.now();
    const turn = await readTurn(options, state);
    // Stopped while it asked: what came belongs to whoever goes on.
    if (signal.aborted) return;
    if (turn !== undefined && turn.batch.length > 0) {
      state.position = turn.batch.at(-1)?.sequence ?? state.position;
      state.queued = turn.left;
      await options.handle(turn.batch);
    }
    state.isSecondAsk = turn !== undefined && turn.batch.length === 0 && turn.left > 0;
    if (turn !== undefined && turn.left > 0) continue;
    quietTurns = turn?.batch.length === 0 ? Math.min(quietTurns + 1, QUIET_TURNS_MAX) : 1;
    const restMs = turn === undefined ? RETRY_DELAY_MS : options.everyMs * quietTurns;
    const delayMs = startedMs + restMs - performance.now();
    if (delayMs > 0) await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  }
}

interface Turn {
  readonly batch: readonly LogMessage[];
  /** Messages behind the last one. */
  readonly left: number;
}

/**
 * Undefined while the server is away. A message that was lost on the way ends the turn, and is asked for again: only
 * where a second ask finds the same is there a hole in the log, and it throws.
 */
async function readTurn(
  { connection, stream, batchMax }: PollOptions,
  { position: after, isSecondAsk }: PollState,
): Promise<Turn | undefined> {
  const batch: LogMessage[] = [];
  let left = 0;
  try {
    const replies = await askForBatch(connection, stream, { after, batchMax });
    for await (const message of replies) {
      // The last of them has no data: it ends the batch, or says that there is nothing.
      if (message.data.length === 0) break;
      const sequence = Number(message.headers?.get("Nats-Sequence"));
      const last = after + batch.length;
      if (sequence !== last + 1) {
        assert(!isSecondAsk || batch.length > 0, `${stream} goes from ${last} to ${sequence}`);
        left = 1;
        break;
      }
      batch.push({ sequence, data: message.data, timeMs: storedMs(message) });
      left = Number(message.headers?.get("Nats-Num-Pending"));
    }
  } catch (error) {
    // The server is away, or nobody answers for the stream now.
    if (error instanceof NatsError) return undefined;
    throw error;
  }
  return { batch, left };
}

async function askForBatch(
  connection: PollOptions["connection"],
  stream: string,
  { after, batchMax }: { readonly after: number; readonly batchMax: number },
): Promise<AsyncIterable<Msg>> {
  return await connection.requestMany(
    `$JS.API.DIRECT.GET.${stream}`,
    encodeJson({ seq: after + 1, batch: batchMax, max_bytes: TURN_BYTES_MAX }),
    { strategy: RequestStrategy.SentinelMsg, maxWait: TURN_LIMIT_MS },
  );
}

function storedMs({ headers }: Msg): number {
  return Date.parse(headers?.get("Nats-Time-Stamp") ?? "");
}
