/** One real identity process, which a test starts, kills and starts again. */

import type { ServiceProcess } from "@exchange/streams/testing";
import { startProcess, untilReady } from "@exchange/streams/testing";

import { listServices } from "../setup/service-list.ts";
import type { KillableServers } from "./killable-servers.ts";

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
  let running: ServiceProcess | undefined;
  return {
    async start() {
      running = await startProcess("services/identity/main.ts", {
        ...env,
        SERVICE_INSTANCE: name,
      });
      await untilReady(running);
    },
    async kill() {
      await running?.kill();
    },
  };
}
