/** Where live tests find a nats-server of their own. */

import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where `ops` unpacks its own nats-server. */
const UNPACKED = join(import.meta.dir, "../../.exchange/tools/nats/usr/sbin/nats-server");

/** `NATS_SERVER` names one; else the unpacked one, else the one on PATH. */
export function natsServerPath(): string {
  const path = process.env["NATS_SERVER"] ?? (existsSync(UNPACKED) ? UNPACKED : undefined);
  const found = path ?? Bun.which("nats-server");
  if (found === null) throw new Error("no nats-server: run live tests by ops/test");
  return found;
}
