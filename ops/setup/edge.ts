/** An edge beside the exchange, to try it: a leaf node and a gateway that knows nothing but it. */

import { join } from "node:path";

import { gatewayUrl, onLoopback, redisUrl, type ServerAddresses } from "./addresses.ts";
import { readOpsEnv, readServiceSettings } from "./env.ts";
import { checkout, type Home } from "./home.ts";
import { EDGE_USER } from "./nats-config.ts";
import { renderEdgeNatsConfig } from "./nats-edge-config.ts";
import { writePrivateFile } from "./private-file.ts";
import { answersOk, type ProcessSpec } from "./process-spec.ts";
import type { Secrets } from "./secrets.ts";
import { schedulerEnv, serverStopLimitMs } from "./servers.ts";
import { waitingEnv } from "./service-list.ts";
import { observationEnv, serviceStopLimitMs } from "./services.ts";
import type { State } from "./state.ts";
import type { Toolchain } from "./toolchain.ts";

export const edgePortNames = [
  "edge-nats",
  "edge-nats-public",
  "edge-nats-monitor",
  "edge-gateway",
  "edge-gateway-admin",
] as const;

export const edgeGatewayName = "gateway-edge";

export interface EdgeInput {
  readonly home: Home;
  readonly tools: Toolchain;
  readonly secrets: Secrets;
  readonly ports: Readonly<
    Record<(typeof edgePortNames)[number] | "nats-leaf" | keyof ServerAddresses, number>
  >;
}

export function prepareEdge(input: EdgeInput): ProcessSpec[] {
  return [prepareLeaf(input), prepareGateway(input)];
}

function prepareLeaf({ home, tools, secrets, ports }: EdgeInput): ProcessSpec {
  const config = join(home.run, "nats-edge.conf");
  const monitor = `127.0.0.1:${ports["edge-nats-monitor"]}`;
  writePrivateFile(
    config,
    renderEdgeNatsConfig({
      name: "edge",
      listen: `127.0.0.1:${ports["edge-nats"]}`,
      publicListen: `127.0.0.1:${ports["edge-nats-public"]}`,
      monitor,
      hub: `127.0.0.1:${ports["nats-leaf"]}`,
      password: secrets.edge,
    }),
  );
  return {
    name: "nats-edge",
    group: "server",
    command: [tools.nats.path, "--config", config],
    cwd: home.root,
    env: { ...tools.nats.env, ...schedulerEnv() },
    port: ports["edge-nats"],
    stopLimitMs: serverStopLimitMs,
    isReady: () => answersOk(`http://${monitor}/healthz`),
  };
}

function prepareGateway({ secrets, ports }: EdgeInput): ProcessSpec {
  const adminPort = ports["edge-gateway-admin"];
  return {
    name: edgeGatewayName,
    group: "gateway",
    command: [process.execPath, "--no-env-file", join(checkout, "gateway/main.ts")],
    cwd: checkout,
    env: {
      ...edgeGatewayEnv(secrets, {
        nats: `127.0.0.1:${ports["edge-nats"]}`,
        redis: redisUrl(onLoopback(ports), secrets, "gateway"),
      }),
      ...observationEnv(),
      ...readServiceSettings("gateway"),
      TEST_FUNDS: readOpsEnv().TEST_FUNDS,
      HTTP_HOST: "127.0.0.1",
      HTTP_PORT: String(ports["edge-gateway"]),
      ADMIN_PORT: String(adminPort),
      SERVICE_INSTANCE: "gateway-edge",
      NODE_ENV: "production",
    },
    port: ports["edge-gateway"],
    adminPort,
    stopLimitMs: serviceStopLimitMs,
    isReady: () => answersOk(`http://127.0.0.1:${adminPort}/readyz`),
  };
}

/** `nats`: the leaf node's `host:port`; `redis`: a URL with a login. */
export function edgeGatewayEnv(
  { edge }: Pick<Secrets, "edge">,
  { nats, redis }: { readonly nats: string; readonly redis: string },
): Record<string, string> {
  return {
    EDGE: "on",
    NATS_URL: `nats://${nats}`,
    NATS_USER: EDGE_USER,
    NATS_PASSWORD: edge,
    NATS_INBOX: EDGE_USER,
    REDIS_URL: redis,
    ...waitingEnv,
  };
}

/** As the welcome has addresses. */
export function listEdgeAddresses(ports: State["ports"]): string {
  const url = gatewayUrl(ports["edge-gateway"] ?? 0);
  return `
  Edge REST   ${url}/v1/markets
  Edge NATS   ws://127.0.0.1:${ports["edge-nats-public"]}`;
}
