/**
 * A sealed log message by message with all that the server has of each, which readers of logs are not told. Asked for in
 * parts that fit into memory, from what the server says directly, so there is no consumer to lose.
 */

import { encodeJson } from "@exchange/streams";
import type { Msg, NatsConnection } from "nats";
import { NatsError, RequestStrategy } from "nats";

import type { LogRange } from "../exchange/read-log.ts";
import { Failure } from "../setup/failure.ts";
import type { StoredMessage } from "./stored-message.ts";
import { parseTimeMs } from "./stored-message.ts";

const MESSAGES_MAX = 2000;
const BYTES_MAX = 8 * 1024 * 1024;
const ANSWER_LIMIT_MS = 30_000;
const FAULTS_MAX = 10;
const FAULT_PAUSE_MS = 500;

/** What the server adds to a message's own headers. */
const ofTheServer = new Set([
  "Nats-Stream",
  "Nats-Subject",
  "Nats-Sequence",
  "Nats-Time-Stamp",
  "Nats-Num-Pending",
  "Nats-Last-Sequence",
]);

/** Every message of the range in order. Throws on a hole, and when the server does not give it after some attempts. */
export async function* readStored(
  connection: NatsConnection,
  { stream, after, until }: LogRange,
): AsyncGenerator<StoredMessage> {
  let sequence = after;
  for (let faults = 0; sequence < until;) {
    const before = sequence;
    try {
      for await (const message of readPart(connection, { stream, after: sequence, until })) {
        if (message.sequence !== sequence + 1) {
          if (sequence === before) {
            throw new Failure(`${stream} goes from ${sequence} to ${message.sequence}.`);
          }
          // One was lost on the way, or is not there, which the next part shows.
          break;
        }
        ({ sequence } = message);
        yield message;
      }
    } catch (error) {
      if (!(error instanceof NatsError)) throw error;
    }
    faults = sequence > before ? 0 : faults + 1;
    if (faults > FAULTS_MAX) throw new Failure(`${stream} gives nothing after ${sequence}.`);
    if (faults > 0) await Bun.sleep(FAULT_PAUSE_MS);
  }
}

/** What comes of one request. Less than was asked for when the connection was lost meanwhile. */
async function* readPart(
  connection: NatsConnection,
  { stream, after, until }: LogRange,
): AsyncGenerator<StoredMessage> {
  const batch = Math.min(MESSAGES_MAX, until - after);
  const request = encodeJson({ seq: after + 1, batch, max_bytes: BYTES_MAX });
  const options = { strategy: RequestStrategy.SentinelMsg, maxWait: ANSWER_LIMIT_MS };
  const subject = `$JS.API.DIRECT.GET.${stream}`;
  for await (const message of await connection.requestMany(subject, request, options)) {
    // The end of the part, or the server's word about why there is none.
    if (message.data.length === 0) return;
    yield storedMessage(message);
  }
}

function storedMessage({ headers, data }: Msg): StoredMessage {
  const own: Record<string, readonly string[]> = {};
  for (const name of headers?.keys() ?? []) {
    if (!ofTheServer.has(name)) own[name] = headers?.values(name) ?? [];
  }
  const time = headers?.get("Nats-Time-Stamp") ?? "";
  return {
    sequence: Number(headers?.get("Nats-Sequence")),
    time,
    timeMs: parseTimeMs(time),
    subject: headers?.get("Nats-Subject") ?? "",
    headers: own,
    data,
  };
}
