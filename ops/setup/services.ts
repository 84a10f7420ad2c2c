/** The six services (and a second engine, when asked) as supervised processes. */

import { existsSync } from "node:fs";
import { join } from "node:path";

import { mysqlUrl, natsLogin, redisUrl } from "./addresses.ts";
import { readOpsEnv } from "./env.ts";
import { Failure } from "./failure.ts";
import { checkout, type Home } from "./home.ts";
import type { UpOptions } from "./options.ts";
import { answersOk, type ProcessSpec } from "./process-spec.ts";
import type { NatsUser, Secrets } from "./secrets.ts";

export const servicePortNames = [
  "identity-admin",
  "wallet-admin",
  "order-admin",
  "market-admin",
  "engine-1-admin",
  "engine-2-admin",
  "gateway-admin",
] as const;

type AdminPort = (typeof servicePortNames)[number];

export interface ServicesInput {
  readonly home: Home;
  readonly secrets: Secrets;
  readonly options: UpOptions;
  readonly ports: Readonly<Record<AdminPort | "nats" | "mysql" | "redis", number>> & {
    readonly gateway?: number;
  };
}

interface ServiceShape {
  /** The instance's name, also of its log. */
  readonly name: string;
  readonly user: NatsUser;
  readonly main: string;
  readonly adminPort: AdminPort;
  readonly env: Readonly<Record<string, string>>;
}

const stopLimitMs = 15_000;

export function prepareServices(input: ServicesInput): ProcessSpec[] {
  return listServices(input).map((shape) => describeService(shape, input));
}

function listServices({ secrets, ports, options }: ServicesInput): ServiceShape[] {
  const redis = { REDIS_URL: redisUrl(ports, secrets) };
  const mysql = (name: "identity" | "wallet" | "order"): Record<string, string> => ({
    MYSQL_URL: `${mysqlUrl(ports, secrets, name)}/exchange_${name}`,
  });
  const { TEST_FUNDS } = readOpsEnv();
  return [
    service("identity", {
      ...mysql("identity"),
      ...redis,
      JWT_SIGNING_KEY_FILE: secrets.jwtSigningKeyFile,
    }),
    service("wallet", { ...mysql("wallet"), ...redis, TEST_FUNDS }),
    service("order", mysql("order")),
    service("market", redis),
    engine("engine-1"),
    ...(options.standby ? [engine("engine-2")] : []),
    {
      name: "gateway",
      user: "gateway",
      main: "gateway/main.ts",
      adminPort: "gateway-admin",
      env: { ...redis, TEST_FUNDS, HTTP_HOST: "127.0.0.1", HTTP_PORT: String(ports.gateway) },
    },
  ];
}

function service(
  user: "identity" | "wallet" | "order" | "market",
  env: ServiceShape["env"],
): ServiceShape {
  const main = `services/${user}/main.ts`;
  return { name: user, user, main, adminPort: `${user}-admin`, env };
}

function engine(name: "engine-1" | "engine-2"): ServiceShape {
  return { name, user: "engine", main: "engine/main.ts", adminPort: `${name}-admin`, env: {} };
}

function describeService(shape: ServiceShape, { secrets, ports }: ServicesInput): ProcessSpec {
  const main = join(checkout, shape.main);
  if (!existsSync(main))
    throw new Failure(`${shape.main} does not exist: this checkout is not whole.`);
  const adminPort = ports[shape.adminPort];
  const isGateway = shape.user === "gateway";
  const { LOG_LEVEL, TRACE_EXPORTER, TRACE_URL, TRACE_SAMPLE_RATIO } = readOpsEnv();
  return {
    name: shape.name,
    group: isGateway ? "gateway" : "service",
    command: [process.execPath, "--no-env-file", main],
    cwd: checkout,
    env: {
      ...natsLogin(ports, secrets, shape.user),
      ...shape.env,
      ADMIN_PORT: String(adminPort),
      SERVICE_INSTANCE: shape.name.includes("-") ? shape.name : `${shape.name}-1`,
      LOG_LEVEL,
      TRACE_EXPORTER,
      TRACE_URL,
      TRACE_SAMPLE_RATIO,
      NODE_ENV: "production",
    },
    ...(isGateway && ports.gateway !== undefined ? { port: ports.gateway } : {}),
    adminPort,
    stopLimitMs,
    isReady: () => answersOk(`http://127.0.0.1:${adminPort}/readyz`),
  };
}
