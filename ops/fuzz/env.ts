/** Where the running exchange is. `ops/test` sets it. */

import { z } from "zod";

const Env = z.object({ GATEWAY_URL: z.url() });

export function readFuzzEnv(source: Record<string, string | undefined> = process.env): {
  readonly gatewayUrl: string;
} {
  const parsed = Env.safeParse(source);
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return { gatewayUrl: parsed.data.GATEWAY_URL.replace(/\/$/, "") };
}
