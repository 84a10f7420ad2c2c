/**
 * The NATS server's configuration: durable JetStream, one user a service with the subjects it needs.
 * Only `provision` may create, change, empty or delete streams. On a listener of its own anybody hears market data, from
 * an account that has nothing else; on another one edges come in (nats-edge-config.ts).
 */

import { bucket, subject } from "@exchange/streams";

import { type NatsUser, natsUsers } from "./secrets.ts";

export interface NatsConfigInput {
  readonly listen: string;
  /** For WebSockets of whoever comes. */
  readonly publicListen: string;
  /** For the servers of edges. */
  readonly leafListen: string;
  readonly monitor: string;
  readonly storeFolder: string;
  readonly passwords: Readonly<Record<NatsUser, string>>;
  readonly edgePassword: string;
}

/** The account that services are in, and so the folder of its streams. */
export const EXCHANGE_ACCOUNT = "EXCH";

/** Whom edges log in as; also the owner of their inboxes. */
export const EDGE_USER = "edge";

/**
 * What asks JetStream from an edge travels under another name: a server denies the usual one to leaf nodes, which have
 * domains of their own as a rule.
 */
export const JETSTREAM_AT_EDGES = "$JS.edge.API";

/**
 * Of all who listen together, and of each of them: the server counts subscriptions by connection, whatever it calls the
 * limit. Nobody of them may send anything, so that a payload is what a protocol line needs.
 */
export const publicLimits = {
  connections: 1000,
  subscriptionsEach: 100,
  payloadBytes: 1024,
} as const;

type ServiceUser = Exclude<NatsUser, "provision">;

const inboxOwners = [...natsUsers, EDGE_USER] as const;

/** Reading streams and definitions: every service follows logs. */
const readsStreams = [
  "$JS.API.INFO",
  "$JS.API.STREAM.INFO.>",
  "$JS.API.STREAM.NAMES",
  "$JS.API.STREAM.LIST",
  "$JS.API.STREAM.MSG.GET.>",
  "$JS.API.DIRECT.GET.>",
  "$JS.API.CONSUMER.>",
  "$JS.ACK.>",
  "$JS.FC.>",
  "$SRV.>",
];

/**
 * Records in command logs, `<writer>.<number>` each, and the engine's ticks among them. Those logs are buckets whose
 * names begin with CMD_; a rule cannot say that, so the other buckets are denied to each that has no part in them.
 */
const records = "$KV.*.*.*";
const ticks = "$KV.*.tick.*";
const definitions = `$KV.${bucket.markets}.>`;
const marketDefinitions = `$KV.${bucket.markets}.market.>`;
/** Nobody claims anything there yet. */
const claims = `$KV.${bucket.dedup}.>`;

/** What keys in the bucket of leases begin with; as a last one what a tick's key looks like there. */
const leaseKinds = ["wallet", "order", "market", "engine", "clock", "tick"] as const;
type LeaseKind = (typeof leaseKinds)[number];

const ownLeases: Readonly<Record<ServiceUser, readonly LeaseKind[]>> = {
  gateway: [],
  identity: [],
  // Its clock is compared with the server's by a message there.
  wallet: ["wallet", "clock"],
  order: ["order"],
  market: ["market"],
  engine: ["engine"],
  ops: [],
};

/** To all others definitions are denied, since the rule for records covers them. */
const mayDefine: readonly ServiceUser[] = ["ops", "market"];

/** The services that answer requests. */
const answering = ["identity", "wallet", "order", "market"] as const;
const allRequests = answering.map(requestsTo);
/** Those that answer what only operators ask, each under a name of its own. */
const operated = ["wallet", "market"] as const;
const operatorRequests = (service: (typeof operated)[number]) => requestsTo(`${service}-operator`);

/** What each user writes besides. */
const writes: Readonly<Record<ServiceUser, readonly string[]>> = {
  gateway: allRequests,
  identity: [subject.revokedTokens],
  wallet: [subject.balanceChanges, ticks],
  order: ["wallet.>", records],
  // Its definitions follow the states that the engine says a market is in.
  market: ["md.>", marketDefinitions],
  engine: [
    "ev.>",
    // It keeps its newest snapshots only, and an object store removes one by purging its chunks.
    `$O.${bucket.snapshots}.>`,
    `$JS.API.STREAM.PURGE.OBJ_${bucket.snapshots}`,
  ],
  // The last is what the `nats` CLI asks to show who one is.
  ops: [
    ...allRequests,
    ...operated.map(operatorRequests),
    records,
    definitions,
    "$SYS.REQ.USER.INFO",
  ],
};

/**
 * What a gateway needs that is somewhere else: to ask the services, to read market definitions and where an event log
 * ends, and to hear what gateways hear. It answers nobody, and `nats micro ls` does not show it.
 */
const edgePermissions = {
  publish: {
    allow: [
      ...allRequests,
      ...[
        "INFO",
        `STREAM.INFO.KV_${bucket.markets}`,
        `CONSUMER.CREATE.KV_${bucket.markets}`,
        `CONSUMER.CREATE.KV_${bucket.markets}.>`,
        `CONSUMER.INFO.KV_${bucket.markets}.>`,
        `STREAM.MSG.GET.KV_${bucket.markets}`,
        // A rule cannot tell the events' streams from others by their names, but no other has such subjects.
        "DIRECT.GET.*.ev.>",
      ].map((name) => `${JETSTREAM_AT_EDGES}.${name}`),
      `$JS.FC.KV_${bucket.markets}.>`,
    ],
  },
  subscribe: {
    allow: [
      "md.>",
      subject.republishedEvents("*"),
      subject.balanceChanges,
      subject.revokedTokens,
      inbox(EDGE_USER),
    ],
  },
};

const publicPermissions = {
  publish: { deny: ">" },
  // In a queue group one would take from another what both came for.
  subscribe: { allow: ["md.>"], deny: ["> >"] },
};

/** Market data for everybody: what the exchange's account gives to the public one, here and at edges. */
export const publicExport = `exports: [{ stream: "md.>", accounts: [PUBLIC] }]`;

/** `listen`: for WebSockets. */
export function renderPublic(listen: string): { readonly account: string; readonly door: string } {
  const { connections, subscriptionsEach, payloadBytes } = publicLimits;
  return {
    account: `  PUBLIC {
    imports: [{ stream: { account: ${EXCHANGE_ACCOUNT}, subject: "md.>" } }]
    limits { max_connections: ${connections}, max_subscriptions: ${subscriptionsEach}, max_payload: ${payloadBytes} }
    users: [
      { user: public, password: "", allowed_connection_types: ["WEBSOCKET"], permissions: ${JSON.stringify(publicPermissions)} }
    ]
  }`,
    door: `# Encryption is for what stands before it.
websocket { listen: ${JSON.stringify(listen)}, no_tls: true, no_auth_user: public }`,
  };
}

export function renderNatsConfig(input: NatsConfigInput): string {
  const users = natsUsers.map((user) => renderUser(user, input.passwords[user])).join("\n");
  const { account, door } = renderPublic(input.publicListen);
  return `server_name: exchange
listen: ${JSON.stringify(input.listen)}
http: ${JSON.stringify(input.monitor)}
max_payload: 1MB

# Without "always" a power cut loses every acknowledged write since the last sync (ARCHITECTURE.md).
# Without a number the server promises no more than three quarters of what is free when it starts, and each market
# reserves 4 GB: a smaller disk would list no market, and a fuller one no further one.
jetstream { store_dir: ${JSON.stringify(input.storeFolder)}, sync_interval: always, max_file_store: 1TB }

accounts {
  ${EXCHANGE_ACCOUNT} {
    jetstream: enabled
    mappings: { "${JETSTREAM_AT_EDGES}.>": "$JS.API.>" }
    ${publicExport}
    users: [
${users}
      { user: ${EDGE_USER}, password: ${JSON.stringify(input.edgePassword)}, allowed_connection_types: ["LEAFNODE"], permissions: ${JSON.stringify(edgePermissions)} }
    ]
  }
${account}
}

# Edges come back by the way that they were told, and not by the address that the server has for itself.
leafnodes { listen: ${JSON.stringify(input.leafListen)}, no_advertise: true }

${door}
`;
}

function renderUser(user: NatsUser, password: string): string {
  const login = `user: ${user}, password: ${JSON.stringify(password)}, allowed_connection_types: ["STANDARD"]`;
  if (user === "provision") return `    { ${login} }`;
  const permissions = {
    publish: {
      allow: [
        ...readsStreams,
        ...writes[user],
        ...ownLeases[user].map(leasesOf),
        "_INBOX.>",
        ...inboxOwners.map(inbox),
      ],
      deny: [
        ...(mayDefine.includes(user) ? [] : [definitions]),
        claims,
        ...leaseKinds.filter((kind) => !ownLeases[user].includes(kind)).map(leasesOf),
      ],
    },
    // `nats` at an operator's prompt uses the common inbox; services have one each.
    subscribe: {
      deny: [
        ...inboxOwners.filter((other) => other !== user).map(inbox),
        // Whoever listens in on requests reads passwords, and in the queue group answers for another.
        ...answering.filter((other) => other !== user).map(requestsTo),
        ...operated.filter((other) => other !== user).map(operatorRequests),
        ...(user === "ops" ? [] : ["_INBOX.>"]),
      ],
    },
  };
  return `    { ${login}, permissions: ${JSON.stringify(permissions)} }`;
}

function requestsTo(service: string): string {
  return subject.request(service, ">");
}

function leasesOf(kind: LeaseKind): string {
  return `$KV.${bucket.leases}.${kind}.>`;
}

function inbox(user: (typeof inboxOwners)[number]): string {
  return `_INBOX_${user}.>`;
}
