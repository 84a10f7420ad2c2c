/** What the operator's own commands read from the environment. */

import { z } from "zod";

import { Failure } from "./failure.ts";

const Count = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, "must be a whole number above zero")
  .optional();
const Seconds = z
  .string()
  .regex(/^\d{1,8}$/, "must be a whole number of seconds")
  .optional();
const CountOrZero = z.string().regex(/^\d$/, "must be a whole number from 0 to 9").optional();

const Secret = z.string().min(16, "must have at least 16 characters").optional();

/** What single services take from the environment besides, and `ops/up` hands on to them. Their defaults are theirs. */
export const serviceSettings = {
  gateway: {
    RATE_LIMIT_AUTH_PER_MINUTE: Count,
    RATE_LIMIT_ORDERS_PER_SECOND: Count,
    RATE_LIMIT_READS_PER_SECOND: Count,
    RATE_LIMIT_KEY_PER_SECOND: Count,
    RATE_LIMIT_ADDRESS_PER_SECOND: Count,
    RATE_LIMIT_TOKENS_PER_SECOND: Count,
    SOCKETS_PER_ADDRESS_MAX: Count,
    IN_FLIGHT_MAX: Count,
    TRUSTED_PROXY_HOPS: CountOrZero,
  },
  identity: { PASSKEY_SITE: z.string().min(1).optional(), PASSKEY_ORIGINS: z.string().optional() },
  wallet: {
    BANK_URL: z.url().optional(),
    BANK_API_KEY: Secret,
    BANK_NOTICE_SECRET: Secret,
    BANK_CALL_LIMIT_MS: Count,
    BANK_KEY_LIFE_MS: Count,
    WITHDRAWAL_LOCK_TTL_MS: Count,
    WITHDRAWAL_ADDRESS_WAIT_S: Seconds,
    WITHDRAWAL_FREEZE_S: Seconds,
    WITHDRAWAL_LOGIN_AGE_S: Count,
    WITHDRAWAL_SECOND_FACTOR: z.enum(["optional", "required"]).optional(),
  },
  order: { ORDERS_IN_FLIGHT_MAX: Count },
  engine: { SNAPSHOT_EVERY_COMMANDS: Count },
} as const;

const EnvSchema = z.object({
  ...serviceSettings.gateway,
  ...serviceSettings.identity,
  ...serviceSettings.wallet,
  ...serviceSettings.order,
  ...serviceSettings.engine,
  PATH: z.string().default("/usr/local/bin:/usr/bin:/bin"),
  HOME: z.string().default("/tmp"),
  /** The folder with data, logs and secrets, when it is not `.exchange` in the checkout. */
  EXCHANGE_HOME: z.string().min(1).optional(),
  /** The gateway's port; 0 is any free one. */
  EXCHANGE_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  /** Who uses the operator's commands, where they are not told by `--operator`. */
  EXCHANGE_OPERATOR: z.string().min(1).optional(),
  /** As sshd sets it: where a session comes from. */
  SSH_CONNECTION: z.string().optional(),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
  TRACE_EXPORTER: z.enum(["none", "otlp", "zipkin"]).default("none"),
  TRACE_URL: z.url().optional(),
  TRACE_SAMPLE_RATIO: z.string().default("0.01"),
  TEST_FUNDS: z.enum(["on", "off"]).default("on"),
  NODE_EXTRA_CA_CERTS: z.string().optional(),
  NO_COLOR: z.string().optional(),
});

export type OpsEnv = Readonly<z.infer<typeof EnvSchema>>;

export function readOpsEnv(source: Record<string, string | undefined> = process.env): OpsEnv {
  const parsed = EnvSchema.safeParse(source);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
    throw new Failure(`The environment is wrong. ${problems.join("; ")}`);
  }
  return Object.freeze(parsed.data);
}

/** The settings of one service that are set, also by a file with their value. */
export function readServiceSettings(
  service: string,
  source: Record<string, string | undefined> = process.env,
): Record<string, string> {
  const env: Readonly<Record<string, unknown>> = readOpsEnv(source);
  const known: Readonly<Record<string, object>> = serviceSettings;
  return Object.fromEntries(
    Object.keys(known[service] ?? {}).flatMap((name) => {
      const value = env[name];
      const file = source[`${name}_FILE`];
      return [
        ...(typeof value === "string" ? [[name, value] as const] : []),
        ...(file === undefined ? [] : [[`${name}_FILE`, file] as const]),
      ];
    }),
  );
}

/** Everything that was inherited, for tools that need more than the exchange names (proxies, certificates). */
export function inheritedEnv(): Record<string, string | undefined> {
  return process.env;
}
