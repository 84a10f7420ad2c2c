/** The order service's environment. */

import { runtimeEnvShape, withFiles } from "@exchange/streams/runtime";
import { z } from "zod";

const Env = z.object({
  ...runtimeEnvShape,
  /** `mysql://user:password@host:port/database`. */
  MYSQL_URL: z.string().min(1),
  /** Placements in flight per market; more are turned away before anything is held. */
  ORDERS_IN_FLIGHT_MAX: z.coerce.number().int().min(1).default(2000),
});

export type Env = z.infer<typeof Env>;

export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const parsed = Env.safeParse(withFiles(Env.shape, source));
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}
