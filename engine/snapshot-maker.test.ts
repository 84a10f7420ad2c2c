/** Snapshots are made by a process of their own, which must not be left alone. */

import { afterEach, test } from "bun:test";
import { join } from "node:path";

import { minimalEnv } from "@exchange/streams/testing";
import type { Subprocess } from "bun";

const TIMEOUT_MS = 30_000;
const started: Subprocess[] = [];

afterEach(() => {
  for (const one of started) one.kill("SIGKILL");
});

/** Somebody connects and gets no answer, as with a server that hangs. */
function openSilentServer() {
  const connected = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: () => connected.resolve(),
      close: () => left.resolve(),
      data: () => undefined,
    },
  });
  return {
    url: `nats://127.0.0.1:${listener.port}`,
    connected: connected.promise,
    left: left.promise,
    stop: () => listener.stop(true),
  };
}

test(
  "the process that makes a snapshot ends when its engine was killed",
  async () => {
    const server = openSilentServer();
    const maker = join(import.meta.dir, "snapshot-maker.ts");
    const engine = Bun.spawn(
      [
        process.execPath,
        "--no-env-file",
        "-e",
        `import { createSnapshotMaker } from ${JSON.stringify(maker)};
        await createSnapshotMaker()({ market: "BTC-USD", epoch: 1 });`,
      ],
      {
        env: {
          ...minimalEnv(),
          NATS_URL: server.url,
          ADMIN_PORT: "0",
          SERVICE_INSTANCE: "engine-1",
        },
        stdout: "inherit",
        stderr: "inherit",
      },
    );
    started.push(engine);
    await server.connected;
    engine.kill("SIGKILL");
    await engine.exited;
    await server.left;
    server.stop();
  },
  TIMEOUT_MS,
);
