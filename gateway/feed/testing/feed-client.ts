/** A WebSocket client that remembers what it was sent. */

import { serverMessages } from "../server-message.ts";

export interface FeedMessage {
  readonly type: string;
  readonly channel?: string;
  readonly [field: string]: unknown;
}

export interface FeedClient {
  readonly messages: readonly FeedMessage[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(message: object | string): void;
  /** The first message, from `start` on, that has all of these fields. Throws after 30 s. */
  next(fields: Readonly<Record<string, unknown>>, start?: number): Promise<FeedMessage>;
  close(): void;
}

const WAIT_MS = 30_000;

export async function connectClient(url: string): Promise<FeedClient> {
  const messages: FeedMessage[] = [];
  let undocumented: FeedMessage | undefined;
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const opened = Promise.withResolvers<void>();
  const socket = new WebSocket(url);
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("error", () => opened.reject(new Error("the feed cannot be reached")));
  socket.addEventListener("close", ({ code, reason }) => closed.resolve({ code, reason }));
  socket.addEventListener("message", ({ data }) => {
    const message: FeedMessage = JSON.parse(String(data));
    const isDocumented = serverMessages.some(([, schema]) => schema.safeParse(message).success);
    if (!isDocumented) undocumented ??= message;
    messages.push(message);
  });
  await opened.promise;
  return {
    messages,
    closed: closed.promise,
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    async next(fields, start = 0) {
      const endMs = performance.now() + WAIT_MS;
      const has = (message: FeedMessage): boolean =>
        Object.entries(fields).every(([name, value]) => Bun.deepEquals(message[name], value));
      for (;;) {
        const found = messages.slice(start).find(has);
        if (undocumented !== undefined) {
          throw new Error(`the document does not know ${JSON.stringify(undocumented)}`);
        }
        if (found !== undefined) return found;
        if (performance.now() > endMs) {
          throw new Error(
            `no message with ${JSON.stringify(fields)} among ${JSON.stringify(messages.slice(-5))}`,
          );
        }
        await Bun.sleep(2);
      }
    },
    close: () => socket.close(),
  };
}
