/** Telling readers that their connection is a new one. */

import type { NatsConnection } from "nats";
import { Events } from "nats";

const listenersByConnection = new WeakMap<NatsConnection, Set<() => void>>();

/**
 * Calls back after every reconnect until unsubscribed. What the server sent into the old socket is lost,
 * and a pull consumer without acknowledgements will not send it again: whoever reads must ask again.
 */
export function onReconnect(connection: NatsConnection, listener: () => void): () => void {
  let listeners = listenersByConnection.get(connection);
  if (listeners === undefined) {
    listeners = new Set();
    listenersByConnection.set(connection, listeners);
    void watch(connection, listeners);
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function watch(connection: NatsConnection, listeners: Set<() => void>): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type !== Events.Reconnect) continue;
    for (const listener of listeners) listener();
  }
}
