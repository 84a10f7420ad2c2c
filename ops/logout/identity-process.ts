/** One real identity process, which a test starts, kills and starts again. */

import { join } from "node:path";

import { checkout } from "../setup/home.ts";
import { choosePorts } from "../setup/ports.ts";
import { answersOk } from "../setup/process-spec.ts";
import { listServices } from "../setup/service-list.ts";
import type { KillableServers } from "./killable-servers.ts";

const READY_LIMIT_MS = 15_000;

export interface IdentityProcess {
  /** Resolves when it answers as ready. */
  start(): Promise<void>;
  /** With SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export function describeIdentity({ at, secrets }: KillableServers, name: string): IdentityProcess {
  const { jwtSigningKeyFile } = secrets;
  const services = listServices({ at, secrets, jwtSigningKeyFile, testFunds: "off" });
  const env = services.find((service) => service.name === "identity")?.env ?? {};
  let child: Bun.Subprocess | undefined;
  return {
    async start() {
      const { admin } = await choosePorts(["admin"]);
      child = Bun.spawn(
        [process.execPath, "--no-env-file", join(checkout, "services/identity/main.ts")],
        {
          env: { ...env, ADMIN_PORT: String(admin), SERVICE_INSTANCE: name, LOG_LEVEL: "fatal" },
          stdin: "ignore",
          stdout: "inherit",
          stderr: "inherit",
        },
      );
      const deadlineMs = performance.now() + READY_LIMIT_MS;
      while (!(await answersOk(`http://127.0.0.1:${admin}/readyz`))) {
        if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
        if (performance.now() > deadlineMs) throw new Error(`${name} did not become ready`);
        await Bun.sleep(20);
      }
    },
    async kill() {
      child?.kill("SIGKILL");
      await child?.exited;
    },
  };
}
