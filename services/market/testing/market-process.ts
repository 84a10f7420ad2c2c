/** The market service as a process of its own, so that a test can kill it. */

import type { ServiceProcess } from "@exchange/streams/testing";
import { natsEnv, readTestRedisUrl, startProcess } from "@exchange/streams/testing";

/** Where nothing answers: without an archive it serves what is in Redis. */
const MYSQL_AWAY = "mysql://nobody@127.0.0.1:1/nowhere";

export async function startMarketProcess(
  instance: string,
  mysqlUrl = MYSQL_AWAY,
): Promise<ServiceProcess> {
  return await startProcess("services/market/main.ts", {
    ...natsEnv(),
    REDIS_URL: readTestRedisUrl(),
    MYSQL_URL: mysqlUrl,
    SERVICE_INSTANCE: instance,
  });
}
