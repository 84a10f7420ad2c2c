/** A Redis of a test's own, which may be killed. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openRedis } from "@exchange/store";
import { freePort, serverProgram, until } from "@exchange/streams/testing";

export interface PrivateRedis {
  readonly url: string;
  /** kill -9. */
  kill(): void;
  remove(): Promise<void>;
}

/** It keeps nothing on disk. */
export async function openPrivateRedis(): Promise<PrivateRedis> {
  const folder = await mkdtemp(join(tmpdir(), "wallet-redis-"));
  const port = freePort();
  const url = `redis://127.0.0.1:${port}`;
  const { path, env } = serverProgram("redis-server");
  const server = Bun.spawn(
    [path, "--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", ""],
    { env, stdout: "ignore", stderr: "ignore" },
  );
  await until(async () => await answers(url));
  return {
    url,
    kill: () => server.kill("SIGKILL"),
    async remove() {
      server.kill("SIGKILL");
      await server.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const redis = await openRedis(url).catch(() => undefined);
  redis?.disconnect();
  return redis !== undefined;
}
