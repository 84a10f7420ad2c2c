/**
 * A stream as the server writes it out and takes it in again, with its sequences and times: JetStream's own snapshots
 * (`$JS.API.STREAM.SNAPSHOT` and `RESTORE`), which the client library does not speak.
 */

import { decodeJson, encodeJson } from "@exchange/streams";
import type { Msg, NatsConnection } from "nats";
import { createInbox } from "nats";
import { z } from "zod";

const CHUNK_BYTES = 256 * 1024;
const ANSWER_LIMIT_MS = 10_000;
/** From one chunk to the next. */
const CHUNK_LIMIT_MS = 30_000;
/** The server checks what it was given before it says that it has it. */
const RESTORED_LIMIT_MS = 600_000;

const ApiError = z.object({ error: z.object({ code: z.number(), description: z.string() }) });

const StreamState = z.looseObject({ first_seq: z.number(), last_seq: z.number() });
/** What the server said the snapshot is of. It is sent back as it came. */
export const SnapshotHead = z.object({
  config: z.looseObject({ name: z.string() }),
  state: StreamState,
});
export type SnapshotHead = z.infer<typeof SnapshotHead>;

const RestoreAnswer = z.object({ deliver_subject: z.string() });

export interface StreamSnapshot {
  readonly head: SnapshotHead;
  /** To be read once and to its end. Throws when a chunk was lost. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Whatever the server has when the last chunk comes may be in it: at least what it had when this was asked. */
export async function openSnapshot(
  connection: NatsConnection,
  stream: string,
): Promise<StreamSnapshot> {
  const inbox = createInbox();
  const subscription = connection.subscribe(inbox);
  const wanted = {
    deliver_subject: inbox,
    no_consumers: true,
    jsck: false,
    chunk_size: CHUNK_BYTES,
  };
  try {
    const answer = await askServer(connection, `$JS.API.STREAM.SNAPSHOT.${stream}`, wanted);
    return { head: SnapshotHead.parse(answer), chunks: readChunks(subscription, stream) };
  } catch (error) {
    subscription.unsubscribe();
    throw error;
  }
}

async function* readChunks(
  subscription: AsyncIterable<Msg> & { unsubscribe(): void },
  stream: string,
): AsyncGenerator<Uint8Array> {
  // A server that went away says nothing, and others wait for the end of this.
  const standstill = setTimeout(() => subscription.unsubscribe(), CHUNK_LIMIT_MS);
  try {
    for await (const message of subscription) {
      standstill.refresh();
      if (message.data.length === 0) {
        // The end, or why there is none.
        const status = message.headers?.code ?? 0;
        if (status < 300) return;
        throw new Error(`snapshot of ${stream}: ${status} ${message.headers?.description ?? ""}`);
      }
      yield message.data;
      message.respond();
    }
    throw new Error(`snapshot of ${stream} was cut off`);
  } finally {
    clearTimeout(standstill);
    subscription.unsubscribe();
  }
}

/** Throws when the stream exists, and when the server does not take the snapshot for whole. */
export async function restoreStream(
  connection: NatsConnection,
  head: SnapshotHead,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { name } = head.config;
  const answer = await askServer(connection, `$JS.API.STREAM.RESTORE.${name}`, head);
  const target = RestoreAnswer.parse(answer).deliver_subject;
  for await (const part of chunks) {
    for (let at = 0; at < part.length; at += CHUNK_BYTES) {
      const chunk = part.subarray(at, at + CHUNK_BYTES);
      const reply = await connection.request(target, chunk, { timeout: ANSWER_LIMIT_MS });
      refuseError(name, reply);
    }
  }
  const end = new Uint8Array();
  refuseError(name, await connection.request(target, end, { timeout: RESTORED_LIMIT_MS }));
}

async function askServer(
  connection: NatsConnection,
  subject: string,
  body: unknown,
): Promise<unknown> {
  const reply = await connection.request(subject, encodeJson(body), { timeout: ANSWER_LIMIT_MS });
  return refuseError(subject, reply);
}

/** The reply's JSON. A chunk's reply may be empty. */
function refuseError(what: string, { data }: Msg): unknown {
  if (data.length === 0) return undefined;
  const answer: unknown = decodeJson(data);
  const failed = ApiError.safeParse(answer);
  if (!failed.success) return answer;
  const { code, description } = failed.data.error;
  throw new Error(`${what}: ${description} (${code})`);
}
