import { afterAll, beforeAll, expect, test } from "bun:test";

import type { NatsConnection } from "nats";

import { readTestServer } from "../testing/env.ts";
import { openFaultyLink } from "../testing/faulty-link.ts";
import type { ScratchMarket } from "../testing/scratch-market.ts";
import { openScratchMarket } from "../testing/scratch-market.ts";
import { LEASE_TTL_MS } from "../topology.ts";
import { connectNats } from "./connect.ts";
import { campaignForLease } from "./lease.ts";

let scratch: ScratchMarket;

beforeAll(async () => {
  scratch = await openScratchMarket();
});
afterAll(async () => {
  await scratch.remove();
});

function campaign(name: string, owner: string, log: string[]) {
  return (connection: NatsConnection) =>
    campaignForLease({
      connection,
      key: `test.${scratch.definition.market}.${name}`,
      owner,
      onGained: () => void log.push(`${owner} gained`),
      onLost: () => void log.push(`${owner} lost`),
    });
}

test("one holder at a time, and a released lease moves at once", async () => {
  const log: string[] = [];
  const first = await campaign("release", "first", log)(scratch.connection);
  await Bun.sleep(200);
  const second = await campaign("release", "second", log)(scratch.connection);
  await Bun.sleep(LEASE_TTL_MS + 500);
  expect(log).toEqual(["first gained"]);
  await first.release();
  await Bun.sleep(1000);
  expect(log).toEqual(["first gained", "second gained"]);
  expect([first.held, second.held]).toEqual([false, true]);
  await second.release();
}, 15_000);

test("a holder that cannot reach the server gives up before another may take over", async () => {
  const server = readTestServer();
  const link = openFaultyLink(server.url);
  const connection = await connectNats({ ...server, url: link.url, name: "faulty" });
  const log: string[] = [];
  const cut = await campaign("cut", "cut", log)(connection);
  await Bun.sleep(200);
  const heir = await campaign("cut", "heir", log)(scratch.connection);
  link.loseAnswers();
  await Bun.sleep(LEASE_TTL_MS * 3);
  expect(log).toEqual(["cut gained", "cut lost", "heir gained"]);
  link.heal();
  await heir.release();
  await cut.release();
  await connection.close();
  link.stop();
}, 30_000);
