/**
 * The configuration of a NATS server at an edge: a leaf node of the exchange's, for one gateway and for whoever hears
 * market data. It stores nothing. What may pass between the two is for the exchange's server to say (nats-config.ts).
 */

import {
  EDGE_USER,
  EXCHANGE_ACCOUNT,
  JETSTREAM_AT_EDGES,
  publicExport,
  renderPublic,
} from "./nats-config.ts";

export interface EdgeNatsConfigInput {
  /** Its own among the edges. */
  readonly name: string;
  /** For the gateway, on this machine. */
  readonly listen: string;
  /** For WebSockets of whoever comes. */
  readonly publicListen: string;
  readonly monitor: string;
  /** The exchange's listener for edges, `host:port`. */
  readonly hub: string;
  /** For the exchange's server, and for the gateway at this one. */
  readonly password: string;
}

export function renderEdgeNatsConfig(input: EdgeNatsConfigInput): string {
  const { account, door } = renderPublic(input.publicListen);
  const url = `nats-leaf://${EDGE_USER}:${input.password}@${input.hub}`;
  return `server_name: ${JSON.stringify(input.name)}
listen: ${JSON.stringify(input.listen)}
http: ${JSON.stringify(input.monitor)}
max_payload: 1MB

# A link that has gone without a word is noticed after some three seconds instead of minutes.
ping_interval: "1s"
ping_max: 2

accounts {
  ${EXCHANGE_ACCOUNT} {
    mappings: { "$JS.API.>": "${JETSTREAM_AT_EDGES}.>" }
    ${publicExport}
    users: [
      { user: ${EDGE_USER}, password: ${JSON.stringify(input.password)}, allowed_connection_types: ["STANDARD"] }
    ]
  }
${account}
}

# A gateway asks for a sign of life more often than that, and so hears of every cut (gateway/edge/hub.ts).
leafnodes {
  reconnect: "500ms"
  remotes: [{ url: ${JSON.stringify(url)}, account: ${EXCHANGE_ACCOUNT} }]
}

${door}
`;
}
