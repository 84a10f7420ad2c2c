/** What the market service reads from the environment. */

import { runtimeEnvShape, withFiles } from "@exchange/streams/runtime";
import { z } from "zod";

const Env = z.object({
  ...runtimeEnvShape,
  REDIS_URL: z.string().min(1),
  /** `mysql://user:password@host:port/database`. */
  MYSQL_URL: z.string().min(1),
});

export type Env = Readonly<z.infer<typeof Env>>;

export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const parsed = Env.safeParse(withFiles(Env.shape, source));
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}
