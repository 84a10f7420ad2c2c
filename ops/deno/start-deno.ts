/** The gateway's app under Deno, beside the gateway of the running exchange. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { freePort, until } from "@exchange/streams/testing";
import { Glob } from "bun";

import { onLoopback } from "../setup/addresses.ts";
import { checkout, defaultHome, toolsFolder } from "../setup/home.ts";
import { answersOk } from "../setup/process-spec.ts";
import { runProgram, tellingLine } from "../setup/run-program.ts";
import { readSecrets } from "../setup/secrets.ts";
import { listServices } from "../setup/service-list.ts";
import { readState } from "../setup/state.ts";

const DENO_VERSION = "2.9.6";

export interface DenoGateway {
  readonly url: string;
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number>;
}

/** Resolves when it is ready. */
export async function startDenoGateway(): Promise<DenoGateway> {
  const deno = await findDeno();
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = Bun.spawn(
    [
      deno,
      "run",
      "--quiet",
      "--no-lock",
      "--no-remote",
      "--node-modules-dir=manual",
      "--allow-env",
      "--allow-net=127.0.0.1",
      "--allow-sys=hostname",
      `--allow-read=${checkout}`,
      join(checkout, "gateway/deno/main.ts"),
    ],
    {
      env: {
        ...gatewayEnv(),
        DENO_DIR: join(toolsFolder, "deno/cache"),
        DENO_NO_UPDATE_CHECK: "1",
        HTTP_PORT: String(port),
        ADMIN_PORT: "0",
        SERVICE_INSTANCE: "gateway-deno",
      },
      stdout: "inherit",
      stderr: "inherit",
    },
  );
  await until(async () => {
    if (child.exitCode !== null) throw new Error("the gateway ended under Deno");
    return await answersOk(`${url}/readyz`);
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      return await child.exited;
    },
  };
}

/** What the gateway of the exchange has. */
function gatewayEnv(): Readonly<Record<string, string>> {
  const home = defaultHome();
  const { nats = 0, mysql = 0, redis = 0 } = readState(home)?.ports ?? {};
  const secrets = readSecrets(home);
  const { jwtSigningKeyFile } = secrets;
  const at = onLoopback({ nats, mysql, redis });
  const services = listServices({ at, secrets, jwtSigningKeyFile, testFunds: "on" });
  return services.find(({ name }) => name === "gateway")?.env ?? {};
}

/** Of the npm package `deno`, which is only fetched for this: it is 90 MB. */
async function findDeno(): Promise<string> {
  const folder = join(toolsFolder, "deno", DENO_VERSION);
  const found = unpackedIn(folder);
  if (found !== undefined) return found;
  mkdirSync(folder, { recursive: true });
  // Without one of its own, the folder would be taken for a part of the checkout.
  writeFileSync(join(folder, "package.json"), "{}");
  const add = ["add", "--ignore-scripts", "--no-save", `deno@${DENO_VERSION}`];
  const { output } = await runProgram([process.execPath, ...add, "--cwd", folder]);
  const fetched = unpackedIn(folder);
  if (fetched === undefined) throw new Error(`Deno was not fetched: ${tellingLine(output)}`);
  return fetched;
}

function unpackedIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const [path] = new Glob("node_modules/@deno/*/deno").scanSync({ cwd: folder, dot: true });
  return path === undefined ? undefined : join(folder, path);
}
