/** Where live tests find servers of their own, which they may kill. */

import { existsSync } from "node:fs";
import { join } from "node:path";

import { minimalEnv } from "./env.ts";

export interface ServerProgram {
  readonly path: string;
  /** All that it is given. */
  readonly env: Record<string, string>;
}

interface Place {
  /** Where `ops` unpacks it, with the libraries it needs. */
  readonly unpacked: string;
  readonly path: string;
}

const TOOLS = join(import.meta.dir, "../../.exchange/tools");
const MACHINES = ["x86_64", "aarch64"];

const places: Readonly<Record<"nats-server" | "redis-server", Place>> = {
  "nats-server": {
    unpacked: join(TOOLS, "nats/usr"),
    path: "sbin/nats-server",
  },
  "redis-server": {
    unpacked: join(TOOLS, "stores/usr"),
    path: "bin/redis-server",
  },
};

/** The unpacked one, else the one on PATH. */
export function serverProgram(name: keyof typeof places): ServerProgram {
  const { unpacked, path } = places[name];
  const env = minimalEnv();
  const own = join(unpacked, path);
  if (existsSync(own)) {
    const libraries = MACHINES.map((machine) => join(unpacked, `lib/${machine}-linux-gnu`));
    return { path: own, env: { ...env, LD_LIBRARY_PATH: libraries.join(":") } };
  }
  const found = Bun.which(name);
  if (found === null) throw new Error(`no ${name}: run live tests by ops/test`);
  return { path: found, env };
}
