/** Opening a NATS connection, and refusing to run on a server that cannot keep its promises. */

import type { JetStreamManager, NatsConnection } from "nats";
import { connect } from "nats";

import type { StreamDeclaration } from "../topology.ts";

const API_LEVEL_MIN = 2;

export interface NatsAddress {
  /** One or more `nats://host:port`, separated by commas. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Shown in the server's monitoring. */
  readonly name: string;
  /** Replies come to `_INBOX_<inbox>`; the name when absent. */
  readonly inbox?: string | undefined;
}

/** Reconnects for ever: what is in flight meanwhile ends as an unknown outcome, which callers resolve. */
export async function connectNats(address: NatsAddress): Promise<NatsConnection> {
  const { url, user, password, name, inbox = name } = address;
  const inboxPrefix = `_INBOX_${inbox}`;
  const connection = await connect({
    servers: url.split(","),
    name,
    inboxPrefix,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 50,
    pingInterval: 5000,
    maxPingOut: 2,
    waitOnFirstConnect: true,
    // A stack kept for each request, in case it fails, was a twentieth of what a busy service does.
    noAsyncTraces: true,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
  });
  inboxPrefixes.set(connection, inboxPrefix);
  return connection;
}

const inboxPrefixes = new WeakMap<NatsConnection, string>();

/** Where this connection's user may receive replies; the library's own prefix for a connection made elsewhere. */
export function inboxPrefixOf(connection: NatsConnection): string | undefined {
  return inboxPrefixes.get(connection);
}

/** Throws when the server is older than 2.12 or has no JetStream. */
export async function assertServer(jsm: JetStreamManager): Promise<void> {
  const account: object = await jsm.getAccountInfo();
  const api: unknown = "api" in account ? account.api : undefined;
  const level = typeof api === "object" && api !== null && "level" in api ? api.level : undefined;
  if (typeof level !== "number" || level < API_LEVEL_MIN) {
    throw new Error(
      `nats-server is too old: JetStream API level ${String(level)}, need ${API_LEVEL_MIN} (2.12)`,
    );
  }
}

/** Throws when a stream is absent or differs from its declaration in anything the declaration names. */
export async function assertStream(
  jsm: JetStreamManager,
  declaration: StreamDeclaration,
): Promise<void> {
  const { config } = await jsm.streams.info(declaration.name).catch((cause: unknown) => {
    throw new Error(`stream ${declaration.name} is not there; provision it first`, { cause });
  });
  const actual = new Map<string, unknown>(Object.entries(config));
  for (const [option, declared] of Object.entries(declaration)) {
    const value = actual.get(option) ?? (typeof declared === "boolean" ? false : undefined);
    if (!Bun.deepEquals(value, declared)) {
      throw new Error(
        `stream ${declaration.name}: ${option} is ${JSON.stringify(value)}, declared ${JSON.stringify(declared)}`,
      );
    }
  }
}
