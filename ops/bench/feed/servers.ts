/** NATS and Redis of the benchmark's own. */

import { rmSync } from "node:fs";
import { join } from "node:path";

import { natsLogin, onLoopback, redisUrl } from "../../setup/addresses.ts";
import { Failure } from "../../setup/failure.ts";
import { checkout, homeAt, toolsFolder } from "../../setup/home.ts";
import { runProgram, tellingLine } from "../../setup/run-program.ts";
import { readSecrets } from "../../setup/secrets.ts";
import { readState } from "../../setup/state.ts";
import { stopExchange } from "../../setup/stop-exchange.ts";

const home = homeAt(join(toolsFolder, "../bench-feed"));

/** `run` measures, and returns what the measurement printed. */
export async function withServers(
  work: (run: (args: readonly string[]) => Promise<string>) => Promise<void>,
): Promise<void> {
  await stopExchange(home);
  const abandon = async (): Promise<void> => {
    await stopExchange(home);
    process.exit(1);
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => void abandon());
  const up = [join(checkout, "ops/up.ts"), "--detach", "--only", "servers"];
  const { exitCode, output } = await bun(up, { EXCHANGE_HOME: home.root });
  if (exitCode !== 0) throw new Failure(tellingLine(output));
  try {
    const env = readEnv();
    const main = join(import.meta.dir, "measure.ts");
    await work(async (args) => (await bun([main, ...args], env)).output);
  } finally {
    await stopExchange(home);
    rmSync(home.root, { recursive: true, force: true });
  }
}

async function bun(args: readonly string[], env: Readonly<Record<string, string>>) {
  return await runProgram([process.execPath, "--no-env-file", ...args], { env });
}

/** As live tests read it, with every right. */
function readEnv(): Record<string, string> {
  const { nats, mysql, redis } = readState(home)?.ports ?? {};
  if (nats === undefined || mysql === undefined || redis === undefined) {
    throw new Error("the servers are up but their state file names no ports");
  }
  const at = onLoopback({ nats, mysql, redis });
  const secrets = readSecrets(home);
  return {
    ...natsLogin(at, secrets, "provision"),
    REDIS_URL: redisUrl(at, secrets, "root"),
    // The mark of what belongs to these servers, and is stopped with them.
    EXCHANGE_HOME: home.root,
  };
}
