/** The part of the environment that every process reads the same way. Each `env.ts` extends it. */

import { z } from "zod";

/** All values are text in the environment; the parsed names are camel case. */
export const runtimeEnvShape = {
  NATS_URL: z.string().min(1),
  NATS_USER: z.string().min(1).optional(),
  NATS_PASSWORD: z.string().min(1).optional(),
  /** Whose inboxes replies come to, where the user is not named like the service. */
  NATS_INBOX: z
    .string()
    .regex(/^[a-z]+$/)
    .optional(),
  ADMIN_PORT: z.coerce.number().int().min(0).max(65_535),
  /** Where the admin port listens; containers need 0.0.0.0. */
  ADMIN_HOST: z.string().default("127.0.0.1"),
  SERVICE_INSTANCE: z.string().regex(/^[a-z0-9-]{1,40}$/),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
  TRACE_EXPORTER: z.enum(["none", "otlp", "zipkin"]).default("none"),
  TRACE_URL: z.url().optional(),
  TRACE_SAMPLE_RATIO: z.coerce.number().min(0).max(1).default(0.01),
} as const;

const RuntimeEnv = z.object(runtimeEnvShape);

export type RuntimeEnv = z.infer<typeof RuntimeEnv>;
