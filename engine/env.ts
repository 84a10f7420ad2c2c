/** What the engine reads from its environment. */

import type { RuntimeEnv } from "@exchange/streams/runtime";
import { runtimeEnvShape, withFiles } from "@exchange/streams/runtime";
import { z } from "zod";

const Env = z.object({
  ...runtimeEnvShape,
  /** Commands between two snapshots of a standby; without one the active engine takes half as many. */
  SNAPSHOT_EVERY_COMMANDS: z.coerce.number().int().min(1).default(50_000),
});

export type EngineEnv = RuntimeEnv & z.infer<typeof Env>;

/** Throws one error that names everything that is wrong. */
export function readEnv(source: Record<string, string | undefined> = process.env): EngineEnv {
  const parsed = Env.safeParse(withFiles(Env.shape, source));
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}
