/** The wallet's environment, read once. */

import { runtimeEnvShape } from "@exchange/streams/runtime";
import { z } from "zod";

const Env = z.object({
  ...runtimeEnvShape,
  /** With the database: `mysql://user:password@host:port/exchange_wallet`. */
  MYSQL_URL: z.string().min(1),
  /** One for holds, one for each market that settles at the same time, the rest for requests. */
  MYSQL_CONNECTIONS_MAX: z.coerce.number().int().min(4).max(200).default(16),
  /** Whether anybody may credit an account with money that does not exist. */
  TEST_FUNDS: z.enum(["on", "off"]).default("off"),
});

export type Env = Readonly<z.infer<typeof Env>>;

/** Throws with every problem at once. */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const parsed = Env.safeParse(source);
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}
