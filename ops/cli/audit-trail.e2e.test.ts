/** The operators' trail of a running exchange: who did what, and that nobody can take it back. */

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { cp, mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { until } from "@exchange/streams/testing";
import { createConnection } from "mysql2/promise";
import { z } from "zod";

import { openMysqlSnapshot } from "../audit/read/mysql-snapshot.ts";
import { checkTrail } from "../audit/trail-checks.ts";
import { readMarket, readRootMysqlUrl, withExchange } from "../exchange/connect.ts";
import { inheritedEnv } from "../setup/env.ts";
import type { Home } from "../setup/home.ts";
import { defaultHome, homeAt } from "../setup/home.ts";
import { readRunning } from "../setup/running.ts";
import { readState, writeState } from "../setup/state.ts";
import { describeUse } from "../trail/describe-use.ts";
import { outcomeOf } from "../trail/entry.ts";
import { keepNote, keptNotes } from "../trail/kept-notes.ts";
import { readEntries } from "../trail/read-trail.ts";
import { handOver } from "../trail/record-use.ts";
import { TRAIL_TABLE } from "../trail/trail-table.ts";
import { listOwnMarket } from "./testing/replay-file.ts";
import { expectExchange, runExchange, runExchangeWith } from "./testing/run-exchange.ts";

setDefaultTimeout(60_000);

/** Nothing listens there. */
const NO_PORT = 1;

const Deed = z.looseObject({
  kind: z.string(),
  operator: z.string().optional(),
  verb: z.string().optional(),
  exitCode: z.number().optional(),
  timeMs: z.number(),
  hostTimeMs: z.number().optional(),
  endedMs: z.number().optional(),
  endedHostTimeMs: z.number().optional(),
});

const folder = mkdtempSync(join(tmpdir(), "exchange-trail-"));
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The same exchange, as somebody sees it for whom a server is elsewhere. */
async function homeWith(ports: Readonly<Record<string, number>>): Promise<Home> {
  const home = homeAt(mkdtempSync(join(folder, "home-")));
  const state = readState(defaultHome());
  if (state === undefined) throw new Error("the exchange has a state");
  await mkdir(home.run);
  await cp(defaultHome().secrets, home.secrets, { recursive: true });
  writeState(home, { ...state, ports: { ...state.ports, ...ports } });
  return home;
}

/** A server that says nothing. */
async function listenSilently() {
  const server = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens on a port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await Promise.resolve();
    },
  };
}

/** Nobody else has this name. */
function anOperator(): string {
  return `alice-${randomBytes(4).toString("hex")}`;
}

async function deedsOf(operator: string) {
  const printed = await expectExchange("audit-trail", "--since", "1h", "--json");
  const deeds = printed
    .trim()
    .split("\n")
    .map((line) => Deed.parse(JSON.parse(line)));
  return deeds.filter((deed) => deed.operator === operator);
}

test("a command is kept with who, why and its end, also one that was refused or made no sense", async () => {
  const operator = anOperator();
  const by = ["--operator", operator, "--reason", "a test"];
  await Promise.all([
    runExchange("deposit", "demo@example.org", "USD", "5", ...by),
    runExchange("deposit", "never-signed-up@example.org", "USD", "6", ...by),
    runExchange("market", "halt", ...by),
    // This one only looks.
    runExchange("market", "list", ...by),
  ]);
  const seen = (await deedsOf(operator)).toSorted(
    (a, b) => Number(a.exitCode) - Number(b.exitCode),
  );
  expect(seen).toMatchObject([
    { verb: "deposit", exitCode: 0, reason: "a test", detail: "" },
    { verb: "deposit", exitCode: 1, detail: "Nobody signed up as never-signed-up@example.org." },
    { verb: "market halt", exitCode: 2 },
  ]);
  expect(seen[0]).toMatchObject({ arguments: ["demo@example.org", "USD", "5", ...by] });
  const ofUser = await expectExchange("audit-trail", "--user", "demo@example.org", "--json");
  expect(ofUser).toContain(operator);
  expect(ofUser).toContain('"deed":"signed-up"');
  expect(ofUser).not.toContain("never-signed-up@example.org");
});

test("a command that is killed is seen not to have ended", async () => {
  const operator = anOperator();
  // It never gets past this server.
  await using silent = await listenSilently();
  const home = await homeWith({ nats: silent.port });
  const main = join(import.meta.dir, "main.ts");
  const command = ["market", "halt", "BTC-USD", "--operator", operator];
  await using child = Bun.spawn([process.execPath, "--no-env-file", main, ...command], {
    env: { ...inheritedEnv(), EXCHANGE_HOME: home.root },
    stdio: ["ignore", "ignore", "ignore"],
  });
  await until(async () => (await deedsOf(operator)).length === 1);
  child.kill("SIGKILL");
  await child.exited;
  const [deed] = await deedsOf(operator);
  expect(deed).toMatchObject({
    verb: "market halt",
    arguments: ["BTC-USD", "--operator", operator],
  });
  expect(deed?.exitCode).toBeUndefined();
});

test("nobody can change it, and commands at the same time are all in its chain", async () => {
  const operator = anOperator();
  const deposit = ["deposit", "demo@example.org", "USD", "1", "--operator", operator];
  await Promise.all(Array.from({ length: 4 }, async () => await expectExchange(...deposit)));
  expect(await deedsOf(operator)).toHaveLength(4);
  const changes = [`update ${TRAIL_TABLE} set operator = 'mallory'`, `delete from ${TRAIL_TABLE}`];
  for (const [url, refusal] of [
    [readRunning().mysqlUrl, "denied"],
    [readRootMysqlUrl(), "append-only"],
  ] as const) {
    const db = await createConnection(url);
    for (const change of changes) await expect(db.query(change)).rejects.toThrow(refusal);
    await db.end();
  }
  const snapshot = await openMysqlSnapshot(readRunning().mysqlUrl);
  const check = await checkTrail(readEntries(snapshot));
  await snapshot.end();
  expect(check.told).toEqual([]);
  expect(check.examined).toBeGreaterThanOrEqual(8);
});

test("without MySQL a market is halted all the same, and the trail has it afterwards", async () => {
  const [operator, market] = [anOperator(), await listOwnMarket()];
  const home = await homeWith({ mysql: NO_PORT });
  const halted = await runExchangeWith(
    { EXCHANGE_HOME: home.root, EXCHANGE_OPERATOR: operator },
    "market",
    "halt",
    market,
  );
  expect(halted).toMatchObject({ exitCode: 0 });
  expect(halted.stderr).toContain("joins the trail with a later one");
  const found = await withExchange(async (exchange) => await readMarket(exchange, market));
  expect(found.state).toBe("halted");
  expect(await deedsOf(operator)).toEqual([]);
  await handOver(readRunning().mysqlUrl, home, []);
  expect(await deedsOf(operator)).toMatchObject([{ verb: "market halt", exitCode: 0 }]);
  expect([...keptNotes(home)]).toEqual([]);
});

test("what was done while MySQL was away has the time at which it was done", async () => {
  const operator = anOperator();
  const home = await homeWith({});
  const beganMs = Date.now() - 2 * 3_600_000;
  const args = ["BTC-USD", "--operator", operator];
  const intent = { ...describeUse({ verb: "market halt", args }), hostTimeMs: beganMs };
  keepNote(home, intent);
  keepNote(home, outcomeOf(intent, { hostTimeMs: beganMs + 70, exitCode: 0, detail: "" }));
  await handOver(readRunning().mysqlUrl, home, []);
  const [deed] = await deedsOf(operator);
  expect(deed).toMatchObject({ hostTimeMs: beganMs, endedHostTimeMs: beganMs + 70 });
  expect(deed?.timeMs).toBeGreaterThan(beganMs + 3_600_000);
  expect(deed?.endedMs).toBeGreaterThan(beganMs + 3_600_000);
  const lines = (await expectExchange("audit-trail", "--since", "1h")).split("\n");
  const [line = ""] = lines.filter((one) => one.includes(operator));
  expect(line).toContain(`began at ${new Date(beganMs).toISOString()}, noted at `);
  expect(line).toContain(`ended at ${new Date(beganMs + 70).toISOString()}, noted at `);
});
