/** The environment of an identity process. */

import { runtimeEnvShape, withFiles } from "@exchange/streams/runtime";
import { z } from "zod";

const Env = z.object({
  ...runtimeEnvShape,
  /** With the database: `mysql://user:password@host:port/exchange_identity`. */
  MYSQL_URL: z.string().min(1),
  MYSQL_CONNECTIONS_MAX: z.coerce.number().int().min(1).max(100).default(8),
  REDIS_URL: z.string().min(1),
  /** What secrets of API keys are encrypted with in the database. Losing it ends those keys. */
  API_KEY_SEALING_SECRET: z.string().min(32),
  /** A file with a private Ed25519 JWK, or a set of them of which the first one signs. Read again when it changes. */
  JWT_SIGNING_KEY_FILE: z.string().min(1),
});

export type Env = Readonly<z.infer<typeof Env>>;

export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const parsed = Env.safeParse(withFiles(Env.shape, source));
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}
