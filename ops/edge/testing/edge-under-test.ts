/** An edge of the running exchange, as `ops/up --edge` starts one, behind a link that a test may cut. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { FaultyLink, ServiceProcess } from "@exchange/streams/testing";
import {
  freePort,
  openFaultyLink,
  serverProgram,
  startProcess,
  until,
  untilReady,
} from "@exchange/streams/testing";
import { z } from "zod";

import { edgeGatewayEnv } from "../../setup/edge.ts";
import { defaultHome } from "../../setup/home.ts";
import { renderEdgeNatsConfig } from "../../setup/nats-edge-config.ts";
import { readSecrets } from "../../setup/secrets.ts";
import { readState } from "../../setup/state.ts";

export interface LeafUnderTest {
  /** `host:port`, for the edge's gateway. */
  readonly address: string;
  /** Of its public NATS. */
  readonly publicUrl: string;
  /** Between it and the exchange's server. */
  readonly link: FaultyLink;
  stop(): Promise<void>;
}

export interface EdgeUnderTest extends LeafUnderTest {
  /** Of its gateway. */
  readonly url: string;
  readonly gateway: ServiceProcess;
}

const Leafs = z.object({ leafnodes: z.number() });

/** Nobody listens there: an edge does without the exchange's Redis, too. */
const NO_REDIS = "redis://127.0.0.1:1";

export async function startEdge(): Promise<EdgeUnderTest> {
  const home = defaultHome();
  const secrets = readSecrets(home);
  const leaf = await startLeaf();
  const http = freePort();
  const gateway = await startProcess("gateway/main.ts", {
    ...edgeGatewayEnv(secrets, { nats: leaf.address, redis: NO_REDIS }),
    HTTP_PORT: String(http),
    SERVICE_INSTANCE: "gateway-edge-test",
    TEST_FUNDS: "on",
  });
  await untilReady(gateway);
  return {
    ...leaf,
    url: `http://127.0.0.1:${http}`,
    gateway,
    async stop() {
      await gateway.stop();
      await leaf.stop();
    },
  };
}

/** Resolves when it is connected to the exchange's server. */
export async function startLeaf(): Promise<LeafUnderTest> {
  const home = defaultHome();
  const link = openFaultyLink(`nats://127.0.0.1:${readState(home)?.ports["nats-leaf"]}`);
  const [nats, publicPort, monitor] = [freePort(), freePort(), freePort()];
  const folder = mkdtempSync(join(tmpdir(), "exchange-edge-"));
  const config = join(folder, "nats.conf");
  writeFileSync(
    config,
    renderEdgeNatsConfig({
      name: `edge-${nats}`,
      listen: `127.0.0.1:${nats}`,
      publicListen: `127.0.0.1:${publicPort}`,
      monitor: `127.0.0.1:${monitor}`,
      hub: new URL(link.url).host,
      password: readSecrets(home).edge,
    }),
    { mode: 0o600 },
  );
  const { path, env } = serverProgram("nats-server");
  const leaf = Bun.spawn([path, "--config", config], { env, stdout: "ignore", stderr: "ignore" });
  await until(async () => await isLinked(`http://127.0.0.1:${monitor}/leafz`));
  return {
    address: `127.0.0.1:${nats}`,
    publicUrl: `ws://127.0.0.1:${publicPort}`,
    link,
    async stop() {
      leaf.kill();
      await leaf.exited;
      link.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function isLinked(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => undefined);
  return response !== undefined && Leafs.parse(await response.json()).leafnodes === 1;
}
