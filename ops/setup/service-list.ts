/** Which services there are and what each must know, here and in containers alike. */

import { mysqlUrl, natsLogin, redisUrl, type ServerAddresses } from "./addresses.ts";
import type { Secrets } from "./secrets.ts";

export const serviceNames = ["identity", "wallet", "order", "market", "engine", "gateway"] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface Service {
  readonly name: ServiceName;
  /** Its entry point in the checkout. */
  readonly main: string;
  /** Logins and switches; ports and instance names are for whoever runs it. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ServiceSurroundings {
  readonly at: ServerAddresses;
  readonly secrets: Secrets;
  readonly jwtSigningKeyFile: string;
  readonly testFunds: "on" | "off";
}

export function listServices(around: ServiceSurroundings): Service[] {
  return serviceNames.map((name) => ({
    name,
    main: name === "gateway" || name === "engine" ? `${name}/main.ts` : `services/${name}/main.ts`,
    env: {
      ...natsLogin(around.at, around.secrets, name),
      ...ownEnv(name, around),
      ...(name === "engine" ? computingEnv : waitingEnv),
    },
  }));
}

/**
 * The last stage of Bun's compiler takes a tenth of two busy cores for minutes, and what waits for the network gains
 * nothing by it. The engine computes.
 */
export const waitingEnv = { BUN_JSC_useFTLJIT: "0" } as const;

/** The matcher is many functions: the last stage may put larger ones into their callers than it would by itself. */
const computingEnv = {
  BUN_JSC_maximumFunctionForCallInlineCandidateBytecodeCostForFTL: "400",
} as const;

function ownEnv(name: ServiceName, around: ServiceSurroundings): Record<string, string> {
  const testFunds = { TEST_FUNDS: around.testFunds };
  switch (name) {
    case "identity":
      return {
        ...database(name, around),
        ...redis(name, around),
        API_KEY_SEALING_SECRET: around.secrets.sealing,
        JWT_SIGNING_KEY_FILE: around.jwtSigningKeyFile,
        ...testPasskeys(around),
      };
    case "wallet":
      return {
        ...database(name, around),
        ...redis(name, around),
        ...testFunds,
        ...testGuards(around),
      };
    case "order":
      return database(name, around);
    case "market":
      return { ...database(name, around), ...redis(name, around) };
    case "engine":
      return {};
    case "gateway":
      return { ...redis(name, around), ...testFunds };
    default:
      return name satisfies never;
  }
}

/** Where money is for tests, it may go anywhere at once. */
function testGuards({ testFunds }: ServiceSurroundings): Record<string, string> {
  return testFunds === "on" ? { WITHDRAWAL_ADDRESS_WAIT_S: "0" } : {};
}

/** A page under development is where its developer is. */
function testPasskeys({ testFunds }: ServiceSurroundings): Record<string, string> {
  return testFunds === "on"
    ? { PASSKEY_SITE: "localhost", PASSKEY_ORIGINS: "http://localhost:3000" }
    : {};
}

function redis(
  name: "identity" | "wallet" | "market" | "gateway",
  { at, secrets }: ServiceSurroundings,
): Record<string, string> {
  return { REDIS_URL: redisUrl(at, secrets, name) };
}

function database(
  name: "identity" | "wallet" | "order" | "market",
  { at, secrets }: ServiceSurroundings,
): Record<string, string> {
  return { MYSQL_URL: `${mysqlUrl(at, secrets, name)}/exchange_${name}` };
}
