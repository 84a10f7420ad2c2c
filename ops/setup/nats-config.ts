/**
 * The NATS server's configuration: durable JetStream on loopback, one user a service. Only
 * `provision` may create, change, empty or delete streams.
 */

import { type NatsUser, natsUsers } from "./secrets.ts";

export interface NatsConfigInput {
  readonly listen: string;
  readonly monitor: string;
  readonly storeFolder: string;
  readonly passwords: Readonly<Record<NatsUser, string>>;
}

const streamAdministration = [
  "$JS.API.STREAM.CREATE.>",
  "$JS.API.STREAM.UPDATE.>",
  "$JS.API.STREAM.DELETE.>",
  "$JS.API.STREAM.PURGE.>",
  "$JS.API.STREAM.RESTORE.>",
  "$JS.API.STREAM.MSG.DELETE.>",
];

/**
 * The engine keeps its newest snapshots only, and an object store removes an object by purging its
 * chunks. A denial wins over an allowance, so for this one purge its rights are listed one by one.
 */
const enginePublishes = [
  "$JS.API.STREAM.PURGE.OBJ_SNAPSHOTS",
  "$JS.API.INFO",
  "$JS.API.STREAM.INFO.>",
  "$JS.API.STREAM.NAMES",
  "$JS.API.STREAM.LIST",
  "$JS.API.STREAM.MSG.GET.>",
  "$JS.API.DIRECT.GET.>",
  "$JS.API.CONSUMER.>",
  "$JS.ACK.>",
  "$JS.FC.>",
  "$KV.>",
  "$O.SNAPSHOTS.>",
  "$SRV.>",
  "ev.>",
  "engine.>",
  ...natsUsers.map(inbox),
];

export function renderNatsConfig(input: NatsConfigInput): string {
  const users = natsUsers.map((user) => renderUser(user, input.passwords[user])).join("\n");
  return `server_name: exchange
listen: ${JSON.stringify(input.listen)}
http: ${JSON.stringify(input.monitor)}
max_payload: 1MB

# Without "always" a power cut loses every acknowledged write since the last sync (ARCHITECTURE.md).
jetstream { store_dir: ${JSON.stringify(input.storeFolder)}, sync_interval: always }

authorization {
  users: [
${users}
  ]
}
`;
}

function renderUser(user: NatsUser, password: string): string {
  const login = `user: ${user}, password: ${JSON.stringify(password)}`;
  if (user === "provision") return `    { ${login} }`;
  const inboxesOfOthers = natsUsers.filter((other) => other !== user).map(inbox);
  const publish = user === "engine" ? { allow: enginePublishes } : { deny: streamAdministration };
  const permissions = { publish, subscribe: { deny: inboxesOfOthers } };
  return `    { ${login}, permissions: ${JSON.stringify(permissions)} }`;
}

function inbox(user: NatsUser): string {
  return `_INBOX_${user}.>`;
}
