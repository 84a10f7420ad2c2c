/** A nats-server of a test's own, which may be killed. */

import { afterAll, beforeAll } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { assert } from "@exchange/streams/contract";
import { connectNats } from "@exchange/streams/runtime";
import { freePort, serverProgram } from "@exchange/streams/testing";
import type { Subprocess } from "bun";

export interface PrivateNats {
  readonly url: string;
  /** kill -9. */
  kill(): Promise<void>;
  /** On the same port, with the same data. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

export async function openPrivateNats(): Promise<PrivateNats> {
  const folder = await mkdtemp(join(tmpdir(), "engine-nats-"));
  const url = `127.0.0.1:${freePort()}`;
  const config = join(folder, "nats.conf");
  const store = JSON.stringify(join(folder, "js"));
  await writeFile(
    config,
    `listen: ${url}\njetstream { store_dir: ${store}, sync_interval: always }\n`,
  );
  let server: Subprocess | undefined;

  async function start(): Promise<void> {
    const { path, env } = serverProgram("nats-server");
    server = Bun.spawn([path, "-c", config], {
      env,
      stdout: "ignore",
      stderr: "ignore",
    });
    const probe = await connectNats({ url: `nats://${url}`, name: "probe" });
    await probe.close();
  }

  async function kill(): Promise<void> {
    server?.kill("SIGKILL");
    await server?.exited;
  }

  await start();
  return {
    url: `nats://${url}`,
    kill,
    start,
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One for the tests of a file, from before the first to after the last. */
export function usePrivateNats(): () => PrivateNats {
  let server: PrivateNats | undefined;
  beforeAll(async () => {
    server = await openPrivateNats();
  });
  afterAll(async () => {
    await server?.remove();
  });
  return () => {
    assert(server !== undefined, "the tests have begun");
    return server;
  };
}
