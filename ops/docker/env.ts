/** What `make-secrets.ts` reads from the environment. */

import { z } from "zod";

const EnvSchema = z.object({ TEST_FUNDS: z.enum(["on", "off"]).default("off") });

export function readContainerEnv(
  source: Record<string, string | undefined> = process.env,
): z.infer<typeof EnvSchema> {
  return EnvSchema.parse(source);
}
