/**
 * HTTP over raw keep-alive sockets, one request in flight a connection. Faster than `fetch` by the
 * factor that `bench limits` prints, and a load generator shares its cores with what it measures.
 */

import type { Socket } from "bun";

import type { HttpReply } from "./reply.ts";
import { ReplyReader } from "./reply.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  /** Header lines, each ending in CRLF. */
  readonly headers: string;
  readonly body?: string;
}

export interface HttpClientOptions {
  /** `http://host:port`. */
  readonly url: string;
  /** More requests than this wait for their turn. */
  readonly connectionsMax: number;
  readonly timeoutMs: number;
}

/** There was nobody to send the request to. */
export class NoConnectionError extends Error {}

export interface HttpClient {
  /** Rejects when there is no reply: what the request did is then unknown, unless it is a `NoConnectionError`. */
  request(request: HttpRequest): Promise<HttpReply>;
  close(): void;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly resolve: (reply: HttpReply) => void;
  readonly reject: (error: Error) => void;
}

interface Connection {
  readonly socket: Socket<Connection>;
  readonly reader: ReplyReader;
  waiting: Waiting | undefined;
  unsent: Buffer | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  usable: boolean;
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  return new ConnectionPool(options);
}

class ConnectionPool implements HttpClient, ConnectionEvents {
  readonly #options: HttpClientOptions;
  readonly #url: URL;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  #queue: Waiting[] = [];
  /** Entries before it were taken: shifting a long array for each request would cost its length. */
  #queueStart = 0;
  #opening = 0;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
  }

  async request(request: HttpRequest): Promise<HttpReply> {
    return await new Promise((resolve, reject) => {
      const waiting = { bytes: encodeRequest(this.#url.host, request), resolve, reject };
      const connection = this.#idle.pop();
      if (connection !== undefined) {
        this.#send(connection, waiting);
        return;
      }
      this.#queue.push(waiting);
      if (this.#all.size + this.#opening < this.#options.connectionsMax) void this.#open();
    });
  }

  close(): void {
    for (const connection of this.#all) this.onLost(connection, "the client was closed");
  }

  onReply(connection: Connection, reply: HttpReply): void {
    const { waiting } = connection;
    clearTimeout(connection.timer);
    connection.waiting = undefined;
    if (/\r\nconnection: *close/i.test(reply.head)) this.onLost(connection, "closed by the server");
    else this.#serveNext(connection);
    waiting?.resolve(reply);
  }

  onLost(connection: Connection, reason: string): void {
    if (!connection.usable) return;
    connection.usable = false;
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    clearTimeout(connection.timer);
    connection.socket.terminate();
    connection.waiting?.reject(new Error(`no reply: ${reason}`));
    connection.waiting = undefined;
    if (this.#queue.length > this.#queueStart) void this.#open();
  }

  #send(connection: Connection, waiting: Waiting): void {
    connection.waiting = waiting;
    connection.timer = setTimeout(
      () => this.onLost(connection, "timed out"),
      this.#options.timeoutMs,
    );
    writeBytes(connection, waiting.bytes);
  }

  #serveNext(connection: Connection): void {
    const next = this.#queue[this.#queueStart];
    if (next === undefined) {
      this.#queue = [];
      this.#queueStart = 0;
      this.#idle.push(connection);
      return;
    }
    this.#queueStart += 1;
    this.#send(connection, next);
  }

  async #open(): Promise<void> {
    this.#opening += 1;
    try {
      const connection = await connect(this.#url, this);
      this.#all.add(connection);
      this.#serveNext(connection);
    } catch (cause) {
      const error = new NoConnectionError(`no connection to ${this.#url.host}`, { cause });
      // Whoever waits is told at once: they decide how long to try.
      for (const waiting of this.#queue.splice(this.#queueStart)) waiting.reject(error);
    } finally {
      this.#opening -= 1;
    }
  }
}

interface ConnectionEvents {
  readonly onReply: (connection: Connection, reply: HttpReply) => void;
  readonly onLost: (connection: Connection, reason: string) => void;
}

async function connect({ hostname, port }: URL, events: ConnectionEvents): Promise<Connection> {
  const socket = await Bun.connect<Connection>({
    hostname,
    port: Number(port),
    socket: {
      data: ({ data: connection }, bytes) => {
        try {
          for (const reply of connection.reader.read(bytes)) events.onReply(connection, reply);
        } catch (error) {
          events.onLost(connection, String(error));
        }
      },
      drain: ({ data: connection }) => {
        if (connection.unsent !== undefined) writeBytes(connection, connection.unsent);
      },
      close: ({ data: connection }) => events.onLost(connection, "the connection was closed"),
      error: ({ data: connection }, error) => events.onLost(connection, String(error)),
      connectError: () => undefined,
    },
  });
  const connection: Connection = {
    socket,
    reader: new ReplyReader(),
    waiting: undefined,
    unsent: undefined,
    timer: undefined,
    usable: true,
  };
  socket.data = connection;
  return connection;
}

/** What the kernel does not take now goes out on `drain`. */
function writeBytes(connection: Connection, bytes: Buffer): void {
  const written = connection.socket.write(bytes);
  const taken = Math.max(written, 0);
  connection.unsent = taken < bytes.length ? bytes.subarray(taken) : undefined;
}

function encodeRequest(host: string, { method, path, headers, body }: HttpRequest): Buffer {
  const start = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${headers}`;
  if (body === undefined) return Buffer.from(`${start}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `${start}content-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
  );
}
