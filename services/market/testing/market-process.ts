/** The market service as a process of its own, so that a test can kill it. */

import { join } from "node:path";

import { marketProcessEnv } from "./env.ts";

export interface MarketProcess {
  /** Without a chance to clean up. */
  kill(): Promise<void>;
  /** SIGTERM; returns the exit code. */
  stop(): Promise<number>;
}

/** Does not wait until it is ready. */
export function startMarketProcess(instance: string): MarketProcess {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../main.ts")], {
    env: marketProcessEnv(instance),
    stdout: "ignore",
    stderr: "inherit",
  });
  return {
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
    async stop() {
      child.kill("SIGTERM");
      return await child.exited;
    },
  };
}
