/** The six services (and a second engine, when asked) as supervised processes. */

import { existsSync } from "node:fs";
import { join } from "node:path";

import { onLoopback } from "./addresses.ts";
import { readOpsEnv, readServiceSettings } from "./env.ts";
import { Failure } from "./failure.ts";
import { checkout, type Home } from "./home.ts";
import type { UpOptions } from "./options.ts";
import { answersOk, type ProcessSpec } from "./process-spec.ts";
import type { Secrets } from "./secrets.ts";
import { listServices, type Service, type ServiceName } from "./service-list.ts";

export const servicePortNames = [
  "identity-1-admin",
  "wallet-1-admin",
  "order-1-admin",
  "market-1-admin",
  "engine-1-admin",
  "engine-2-admin",
  "gateway-1-admin",
] as const satisfies readonly `${ServiceName}-${number}-admin`[];

export interface ServicesInput {
  readonly secrets: Secrets;
  readonly options: UpOptions;
  readonly ports: Readonly<
    Record<(typeof servicePortNames)[number] | "nats" | "mysql" | "redis", number>
  > & { readonly gateway?: number };
}

export const serviceStopLimitMs = 15_000;

export function prepareServices(input: ServicesInput): ProcessSpec[] {
  const { secrets, options, ports } = input;
  const services = listServices({
    secrets,
    at: onLoopback(ports),
    jwtSigningKeyFile: secrets.jwtSigningKeyFile,
    testFunds: readOpsEnv().TEST_FUNDS,
  });
  return services.flatMap((service) => {
    const first = describeService(service, 1, input);
    const isDoubled = service.name === "engine" && options.standby;
    return isDoubled ? [first, describeService(service, 2, input)] : [first];
  });
}

/** Trades so that newcomers see something move. It finds the exchange as any operator's tool does. */
export function prepareDemoBots(home: Home): ProcessSpec {
  return {
    name: "demo-bots",
    group: "bots",
    command: [process.execPath, "--no-env-file", join(checkout, "ops/load/demo-bots.ts")],
    cwd: checkout,
    env: { EXCHANGE_HOME: home.root },
    stopLimitMs: serviceStopLimitMs,
    isReady: () => Promise.resolve(true),
  };
}

function describeService(
  { name, main, env }: Service,
  copy: 1 | 2,
  { ports }: ServicesInput,
): ProcessSpec {
  const path = join(checkout, main);
  if (!existsSync(path)) throw new Failure(`${main} does not exist: this checkout is not whole.`);
  const portName =
    name === "engine" ? (`engine-${copy}-admin` as const) : (`${name}-1-admin` as const);
  const adminPort = ports[portName];
  const isGateway = name === "gateway";
  return {
    name: name === "engine" ? `engine-${copy}` : name,
    group: isGateway ? "gateway" : "service",
    command: [process.execPath, "--no-env-file", path],
    cwd: checkout,
    env: {
      ...env,
      ...observationEnv(),
      ...readServiceSettings(name),
      ...(isGateway ? { HTTP_HOST: "127.0.0.1", HTTP_PORT: String(ports.gateway) } : {}),
      ADMIN_PORT: String(adminPort),
      SERVICE_INSTANCE: `${name}-${copy}`,
      NODE_ENV: "production",
    },
    ...(isGateway && ports.gateway !== undefined ? { port: ports.gateway } : {}),
    adminPort,
    stopLimitMs: serviceStopLimitMs,
    isReady: () => answersOk(`http://127.0.0.1:${adminPort}/readyz`),
  };
}

export function observationEnv(): Record<string, string> {
  const { LOG_LEVEL, TRACE_EXPORTER, TRACE_URL, TRACE_SAMPLE_RATIO } = readOpsEnv();
  return {
    LOG_LEVEL,
    TRACE_EXPORTER,
    TRACE_SAMPLE_RATIO,
    ...(TRACE_URL === undefined ? {} : { TRACE_URL }),
  };
}
