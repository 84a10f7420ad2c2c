/** The command line of `ops/up`. */

import { Failure } from "./failure.ts";

export interface UpOptions {
  readonly detach: boolean;
  readonly demo: boolean;
  readonly standby: boolean;
  readonly edge: boolean;
  readonly serversOnly: boolean;
  readonly help: boolean;
}

export const upHelp = `Usage: ops/up [options]

Sets up whatever is missing, starts the exchange, waits until it is ready and prints where it is.
Without options it stays in the foreground and Ctrl-C stops everything.

  --detach         run in the background; ops/status shows it, ops/down stops it
  --demo           also seed accounts and start two small market-making bots
  --standby        also start a second engine that takes over when the first dies
  --edge           also start an edge: a NATS leaf node and a gateway behind it
  --only servers   start only NATS, MySQL and Redis
  --help           this text

Settings, from the environment; NAME_FILE gives a service's setting as a file with the value:

  EXCHANGE_PORT=N                 the gateway's port (otherwise 8080, or another when that is taken)
  EXCHANGE_HOME=DIR               where data, logs and secrets are kept (otherwise .exchange)
  LOG_LEVEL=info                  trace, debug, info, warn, error or fatal
  TRACE_EXPORTER=none             otlp or zipkin; TRACE_URL says where to, when not to the usual place
  TRACE_SAMPLE_RATIO=0.01         the part of the requests that is traced, 0 to 1
  TEST_FUNDS=on                   whether POST /v1/deposits makes test money: on or off
  RATE_LIMIT_AUTH_PER_MINUTE      sign-ups, logins and refreshes of one address (1200)
  RATE_LIMIT_ORDERS_PER_SECOND    points of one account for placements and cancels (1000)
  RATE_LIMIT_READS_PER_SECOND     points of one account or address for everything else (500)
  RATE_LIMIT_KEY_PER_SECOND       points of one API key (500)
  RATE_LIMIT_ADDRESS_PER_SECOND   points of one address, whoever speaks from there (10000)
  RATE_LIMIT_TOKENS_PER_SECOND    unknown access tokens of one address (200)
  SOCKETS_PER_ADDRESS_MAX         WebSocket connections of one address (1000)
  TRUSTED_PROXY_HOPS              proxies in front that add to X-Forwarded-For (0)
  IN_FLIGHT_MAX                   requests worked on at once (8192)
  ORDERS_IN_FLIGHT_MAX            placements in flight a market (2000)
  PASSKEY_SITE                    the domain that passkeys are for, such as example.org (localhost with TEST_FUNDS=on); without it there are none
  PASSKEY_ORIGINS                 where its pages are, separated by commas (http://localhost:3000 with TEST_FUNDS=on)
  BANK_URL                        where withdrawals are paid; without it they stay reserved. ops/bank is one for tests
  BANK_API_KEY                    what the bank knows the wallet by
  BANK_NOTICE_SECRET              what the bank signs its notices with
  BANK_CALL_LIMIT_MS              how long a call of the bank may take (5000)
  BANK_KEY_LIFE_MS                how long the bank remembers a key (86400000)
  WITHDRAWAL_LOCK_TTL_MS          how long a wallet that died keeps a lock in Redis (5000)
  WITHDRAWAL_ADDRESS_WAIT_S       seconds before money may go to a new address (86400; 0 with TEST_FUNDS=on: it may go anywhere)
  WITHDRAWAL_FREEZE_S             seconds without withdrawals after a new password or second factor (86400)
  WITHDRAWAL_LOGIN_AGE_S          how old the login that withdraws may be (43200)
  WITHDRAWAL_SECOND_FACTOR        optional or required: whether users without one may withdraw, by API keys too (optional)
  SNAPSHOT_EVERY_COMMANDS         commands between two engine snapshots (50000)`;

export function parseUpOptions(args: readonly string[]): UpOptions {
  const options = {
    detach: false,
    demo: false,
    standby: false,
    edge: false,
    serversOnly: false,
    help: false,
  };
  const rest = [...args];
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (isFlag(name)) options[flagNames[name]] = true;
    else if (name !== "--only") throw unknownOption(name);
    else if (rest.shift() === "servers") options.serversOnly = true;
    else throw new Failure("--only knows one word: servers");
  }
  if (options.serversOnly && (options.demo || options.standby || options.edge)) {
    throw new Failure(
      "--only servers starts no exchange: it cannot go with --demo, --standby or --edge.",
    );
  }
  return options;
}

const flagNames = {
  "--detach": "detach",
  "--demo": "demo",
  "--standby": "standby",
  "--edge": "edge",
  "--help": "help",
} as const;

function isFlag(name: string): name is keyof typeof flagNames {
  return Object.hasOwn(flagNames, name);
}

function unknownOption(name: string): Failure {
  return new Failure(`ops/up does not know ${name}; ops/up --help shows what it does.`);
}
