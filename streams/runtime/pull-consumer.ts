/**
 * One consumer of a log, without acknowledgements. It asks for messages by number and by bytes at once,
 * which the client library's own does not: small messages then come by thousands, and large ones never
 * fill the server's buffer for the connection, past which it cuts the connection off. Anything
 * unexpected ends it; the reader opens another one behind the last message it has.
 */

import type { Msg, NatsConnection } from "nats";
import { AckPolicy, createInbox, DeliverPolicy, nanos } from "nats";

import { encodeJson } from "../codec.ts";
import { inboxPrefixOf } from "./connect.ts";

export interface LogMessage {
  readonly sequence: number;
  readonly data: Uint8Array;
  /** When the server stored it, ms. It may step back; the engine clamps it. */
  readonly timeMs: number;
}

export interface PullOptions {
  readonly connection: NatsConnection;
  readonly stream: string;
  /** Sequence of the last message that is not wanted. */
  readonly after: number;
  readonly onMessage: (message: LogMessage) => void;
  /** Whether more may be asked for now; when not, `ask` is to be called later. */
  readonly hasRoom: () => boolean;
}

export interface PullConsumer {
  /** Asks for more when little is under way and there is room. */
  ask(): void;
  /** Resolves when it ended, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Of one request. Two are under way at most, and the server's limit for all readers of a connection together is 64 MB. */
const MESSAGES_MAX = 4000;
const BYTES_MAX = 5 * 1024 * 1024;
/** What the server counts beside a message's data: its subject and reply address, about. */
const ADDRESS_BYTES = 150;
/** Expiry and heartbeat notice within seconds that a server is dead. */
const EXPIRES_MS = 2000;
const HEARTBEAT_MS = 500;
const SILENCE_LIMIT_MS = 2.5 * HEARTBEAT_MS;
/** The server forgets a consumer that asked for nothing for this long. */
const INACTIVE_MS = 60_000;

const HEARTBEAT = 100;
/** A request that came to its end: no message, expired, or its number or bytes are used up. */
const NO_MESSAGES = 404;
const EXPIRED = 408;
const REQUEST_ENDED = 409;
const ENDED_BY_NUMBER_OR_BYTES = /^(Batch Completed|Message Size Exceeds MaxBytes)/;

export async function openPullConsumer(options: PullOptions): Promise<PullConsumer> {
  const { connection, stream, after } = options;
  const jsm = await connection.jetstreamManager({ checkAPI: false });
  const { name } = await jsm.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    inactive_threshold: nanos(INACTIVE_MS),
    mem_storage: true,
    num_replicas: 1,
  });
  const consumer = new Puller(options, `.${stream}.${name}`);
  void forgetWhenClosed(async () => await jsm.consumers.delete(stream, name), consumer);
  consumer.ask();
  return consumer;
}

/** The server would forget it by itself, later. */
async function forgetWhenClosed(
  forget: () => Promise<unknown>,
  { closed }: PullConsumer,
): Promise<void> {
  await closed;
  await forget().catch(() => undefined);
}

class Puller implements PullConsumer {
  readonly #options: PullOptions;
  /** Stands in the reply address of each message. */
  readonly #source: string;
  readonly #nextSubject: string;
  readonly #inbox: string;
  readonly #closing = Promise.withResolvers<void>();
  readonly #watchdog: Timer;
  #isClosed = false;
  /** What the server still owes for each, the oldest first: it serves them in order. */
  readonly #requests: PullRequest[] = [];
  /** Messages that came, as the server counts them. */
  #delivered = 0;
  #heardAtMs = performance.now();

  constructor(options: PullOptions, source: string) {
    this.#options = options;
    this.#source = `${source}.`;
    this.#nextSubject = `$JS.API.CONSUMER.MSG.NEXT${source}`;
    this.#inbox = createInbox(inboxPrefixOf(options.connection));
    const subscription = options.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
        else this.close();
      },
    });
    this.#watchdog = setInterval(() => this.#checkSilence(), HEARTBEAT_MS);
    void this.#closing.promise.then(() => subscription.unsubscribe());
  }

  get closed(): Promise<void> {
    return this.#closing.promise;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#watchdog);
    this.#closing.resolve();
  }

  ask(): void {
    const { connection, hasRoom } = this.#options;
    const [oldest, newest] = this.#requests;
    // The next one is asked for when half of it came, so that the server never waits.
    const isEnough = newest !== undefined || (oldest !== undefined && !isHalfServed(oldest));
    if (this.#isClosed || isEnough || !hasRoom()) return;
    if (connection.isClosed()) return this.close();
    // A pause of ours is no silence of the server's.
    if (oldest === undefined) this.#heardAtMs = performance.now();
    this.#requests.push({ messages: MESSAGES_MAX, bytes: BYTES_MAX });
    const request = {
      batch: MESSAGES_MAX,
      max_bytes: BYTES_MAX,
      expires: nanos(EXPIRES_MS),
      idle_heartbeat: nanos(HEARTBEAT_MS),
    };
    connection.publish(this.#nextSubject, encodeJson(request), { reply: this.#inbox });
  }

  #receive(message: Msg): void {
    if (this.#isClosed) return;
    this.#heardAtMs = performance.now();
    const { reply } = message;
    if (reply === undefined || reply === "") return this.#obey(message);
    const { delivered, sequence, timeMs } = parseDelivery(reply, this.#source);
    // One that was lost on the way is not a hole in the log: it is there, and has to be asked for again.
    if (delivered !== this.#delivered + 1) return this.close();
    this.#delivered = delivered;
    this.#countDelivery(message.data.length);
    this.#options.onMessage({ sequence, timeMs, data: message.data });
    this.ask();
  }

  /** A message without a reply address is the server's word about a request. */
  #obey({ headers }: Msg): void {
    const code = headers?.code ?? 0;
    if (code === HEARTBEAT) return;
    const isExhausted =
      code === REQUEST_ENDED && ENDED_BY_NUMBER_OR_BYTES.test(headers?.description ?? "");
    if (code !== NO_MESSAGES && code !== EXPIRED && !isExhausted) return this.close();
    // Of one that was served to its last message nothing is left.
    const unsent = Number(headers?.get("Nats-Pending-Messages") ?? 0);
    if (unsent > 0) this.#requests.shift();
    this.ask();
  }

  #countDelivery(dataBytes: number): void {
    const [oldest] = this.#requests;
    if (oldest === undefined) return;
    oldest.messages -= 1;
    oldest.bytes -= dataBytes + ADDRESS_BYTES;
    if (oldest.messages === 0) this.#requests.shift();
  }

  #checkSilence(): void {
    if (this.#requests.length === 0) return this.ask();
    if (performance.now() - this.#heardAtMs > SILENCE_LIMIT_MS) this.close();
  }
}

interface PullRequest {
  messages: number;
  bytes: number;
}

function isHalfServed({ messages, bytes }: PullRequest): boolean {
  return messages <= MESSAGES_MAX / 2 || bytes <= BYTES_MAX / 2;
}

interface Delivery {
  /** Count of this consumer's deliveries. */
  readonly delivered: number;
  readonly sequence: number;
  readonly timeMs: number;
}

const NANOS_DIGITS = 6;

/**
 * `$JS.ACK.<stream>.<consumer>.<attempt>.<sequence>.<delivered>.<nanoseconds>.<pending>`; on a server with
 * domains there is more in front of the stream and behind.
 */
function parseDelivery(reply: string, source: string): Delivery {
  const attempt = reply.indexOf(source) + source.length;
  const sequence = reply.indexOf(".", attempt) + 1;
  const delivered = reply.indexOf(".", sequence) + 1;
  const nanoseconds = reply.indexOf(".", delivered) + 1;
  const end = reply.indexOf(".", nanoseconds);
  return {
    sequence: Number(reply.slice(sequence, delivered - 1)),
    delivered: Number(reply.slice(delivered, nanoseconds - 1)),
    timeMs: Number(reply.slice(nanoseconds, end - NANOS_DIGITS)),
  };
}
