/** One authenticated WebSocket of a running gateway. */

import { z } from "zod";

export interface FeedConnection {
  /** The next message of one of these types. */
  next(...types: readonly string[]): Promise<Record<string, unknown>>;
  send(message: object): void;
  close(): void;
}

export async function connectFeed(gatewayUrl: string, token: string): Promise<FeedConnection> {
  const socket = new WebSocket(`${gatewayUrl.replace("http", "ws")}/v1/ws`);
  const messages: Record<string, unknown>[] = [];
  let arrived = Promise.withResolvers<void>();
  socket.addEventListener("message", ({ data }) => {
    messages.push(z.record(z.string(), z.unknown()).parse(JSON.parse(String(data))));
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  const connection: FeedConnection = {
    async next(...types) {
      for (;;) {
        const message = messages.shift();
        if (message !== undefined && types.includes(String(message["type"]))) return message;
        if (message === undefined) await arrived.promise;
      }
    },
    send: (message) => socket.send(JSON.stringify(message)),
    close: () => socket.close(),
  };
  connection.send({ op: "auth", token });
  await connection.next("authenticated");
  return connection;
}
