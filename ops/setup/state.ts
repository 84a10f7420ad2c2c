/** What a supervisor tells the other commands: one JSON file, replaced at every change. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import type { Home } from "./home.ts";
import { writePrivateFile } from "./private-file.ts";

const ProcessStatusSchema = z.object({
  name: z.string(),
  group: z.enum(["bots", "gateway", "service", "server"]),
  state: z.enum(["starting", "running", "restarting", "stopped"]),
  pid: z.number(),
  /** With the pid it names one process for ever; see process-identity.ts. */
  birth: z.string(),
  port: z.number().optional(),
  adminPort: z.number().optional(),
  /** When this pid was started, ISO 8601. */
  since: z.string(),
  restarts: z.number(),
});

const StateSchema = z.object({
  phase: z.enum(["starting", "ready", "stopping", "stopped"]),
  /** `servers`: only NATS, MySQL and Redis. */
  extent: z.enum(["exchange", "servers"]),
  supervisor: z.object({ pid: z.number(), birth: z.string() }),
  since: z.string(),
  /** Every port that was given out, for the next start to take again. */
  ports: z.record(z.string(), z.number()),
  processes: z.array(ProcessStatusSchema),
});

export type ProcessStatus = z.infer<typeof ProcessStatusSchema>;
export type State = z.infer<typeof StateSchema>;

export function writeState(home: Home, state: State): void {
  writePrivateFile(stateFile(home), `${JSON.stringify(state, null, 2)}\n`);
}

/** Undefined when there is none or a crash left half of one: neither may block anybody. */
export function readState(home: Home): State | undefined {
  try {
    return StateSchema.parse(JSON.parse(readFileSync(stateFile(home), "utf8")));
  } catch {
    return undefined;
  }
}

function stateFile(home: Home): string {
  return join(home.run, "state.json");
}
