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
    void watch(connection);
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The same for whoever knows it better: a connection may stay while the way behind its server was cut. */
export function announceReconnect(connection: NatsConnection): void {
  for (const listener of listenersByConnection.get(connection) ?? []) listener();
}

async function watch(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === Events.Reconnect) announceReconnect(connection);
  }
}
