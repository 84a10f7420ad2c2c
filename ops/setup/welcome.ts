/** What `ops/up` prints once everything is ready. */

import type { Home } from "./home.ts";
import type { State } from "./state.ts";

export async function welcome(home: Home, ports: State["ports"]): Promise<string> {
  const { gateway } = ports;
  if (gateway === undefined) {
    return `NATS ${ports["nats"]}, MySQL ${ports["mysql"]} and Redis ${ports["redis"]} are ready. Their logins: ${home.run}/env`;
  }
  return `The exchange is ready: http://127.0.0.1:${gateway}`;
}
