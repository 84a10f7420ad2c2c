/** Where the servers are that `ops/test` started. */

import { z } from "zod";

const TestEnv = z.object({
  GATEWAY_URL: z.url().optional(),
});

export function readTestEnv(): z.infer<typeof TestEnv> {
  return TestEnv.parse(process.env);
}
