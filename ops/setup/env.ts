/** What the operator's own commands read from the environment. */

import { z } from "zod";

import { Failure } from "./failure.ts";

const EnvSchema = z.object({
  PATH: z.string().default("/usr/local/bin:/usr/bin:/bin"),
  HOME: z.string().default("/tmp"),
  /** The folder with data, logs and secrets, when it is not `.exchange` in the checkout. */
  EXCHANGE_HOME: z.string().min(1).optional(),
  /** The gateway's port; 0 is any free one. */
  EXCHANGE_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
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

/** Everything that was inherited, for tools that need more than the exchange names (proxies, certificates). */
export function inheritedEnv(): Record<string, string | undefined> {
  return process.env;
}
