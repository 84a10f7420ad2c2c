/** The market service as a process of its own, so that a test can kill it. */

import type { ServiceProcess } from "@exchange/streams/testing";
import { natsEnv, readTestRedisUrl, startProcess } from "@exchange/streams/testing";

export async function startMarketProcess(instance: string): Promise<ServiceProcess> {
  return await startProcess("services/market/main.ts", {
    ...natsEnv(),
    REDIS_URL: readTestRedisUrl(),
    SERVICE_INSTANCE: instance,
  });
}
