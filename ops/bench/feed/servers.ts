/** NATS and Redis of the benchmark's own. */

import { rmSync } from "node:fs";
import { join } from "node:path";

import { prepareHome } from "../../setup/home.ts";
import { runProgram } from "../../setup/run-program.ts";
import { environmentAt } from "../../suite/environment.ts";

const servers = environmentAt("bench-feed");

/** `run` measures, and returns what the measurement printed. */
export async function withServers(
  work: (run: (args: readonly string[]) => Promise<string>) => Promise<void>,
): Promise<void> {
  const abandon = async (): Promise<void> => {
    await servers.stop();
    process.exit(1);
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => void abandon());
  prepareHome(servers.home);
  try {
    const env = await servers.start(["--only", "servers"]);
    const main = join(import.meta.dir, "measure.ts");
    const command = [process.execPath, "--no-env-file", main];
    await work(async (args) => (await runProgram([...command, ...args], { env })).output);
  } finally {
    await servers.stop();
    rmSync(servers.home.root, { recursive: true, force: true });
  }
}
