/** An engine as a process against a real server: what it writes, and what it refuses to write behind. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";

import { decodeFrame, encodeFrame, encodeRecord, stream, subject } from "@exchange/streams";
import { COMMANDS_PER_RECORD } from "@exchange/streams/contract";
import { untilReady } from "@exchange/streams/testing";

import type { EngineProcess } from "./testing/engine-process.ts";
import { startEngine } from "./testing/engine-process.ts";
import type { Flow } from "./testing/order-flow.ts";
import { startFlow } from "./testing/order-flow.ts";
import type { PrivateNats } from "./testing/private-nats.ts";
import { openPrivateNats } from "./testing/private-nats.ts";
import type { TestMarket } from "./testing/test-market.ts";
import { openTestMarket } from "./testing/test-market.ts";
import { until } from "./testing/until.ts";
import { verifyMarket } from "./testing/verify-market.ts";

/** Each takes seconds; a busy machine may take longer. */
const TIMEOUT_MS = 180_000;
const COMMANDS_A_SECOND = 1000;
/** Fewer, and a test would not be about load. */
const COMMANDS_MIN = 500;

let server: PrivateNats;
let listed: TestMarket;
let engines: EngineProcess[] = [];
let flow: Flow;

beforeAll(async () => {
  server = await openPrivateNats();
});
afterAll(async () => {
  await server.remove();
});
beforeEach(async () => {
  listed = await openTestMarket(server);
});
afterEach(async () => {
  flow?.abandon();
  await Promise.all(engines.map((engine) => engine.kill()));
  engines = [];
  await listed.remove();
}, TIMEOUT_MS);

async function launch(...instances: readonly string[]): Promise<readonly EngineProcess[]> {
  const starting = instances.map((instance) => startEngine({ server, instance }));
  const launched = await Promise.all(starting);
  engines.push(...launched);
  await Promise.all(launched.map(untilReady));
  return launched;
}

async function verifyLoad(): Promise<number> {
  const commands = await flow.stop();
  expect(commands).toBeGreaterThan(COMMANDS_MIN);
  const verified = await verifyMarket(listed);
  expect(verified.commands).toBe(commands);
  expect(verified.events).toBeGreaterThan(commands);
  return commands;
}

test(
  "commands in the log become frames with an unbroken chain, and a stop leaves nothing undone",
  async () => {
    const [engine] = await launch("engine-1");
    flow = startFlow(listed.appender, COMMANDS_A_SECOND);
    await Bun.sleep(1500);
    const commands = await verifyLoad();
    expect(await engine?.counter("commands_total", listed.market)).toBe(commands);
    expect(await engine?.stop()).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  "a frame that no engine decided halts the market, loudly, and nothing is written behind it",
  async () => {
    const [engine] = await launch("engine-1");
    await listed.appender.append({ kind: "Tick" });
    await verifyMarket(listed);
    const forged = await forgeFrame();
    await listed.appender.append({ kind: "Tick" });
    const reason = await until("the market halting", async () => {
      const readiness = await engine?.readiness();
      return readiness?.includes("halted") === true ? readiness : undefined;
    });
    expect(reason).toContain(listed.market);
    expect(await engine?.counter("active", listed.market)).toBe(0);
    const { state } = await listed.jsm.streams.info(stream.events(listed.market, 1));
    expect(state.last_seq).toBe(forged);
    expect(await engine?.stop()).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  "a command that breaks the book halts the market, and the line that says so names its trace",
  async () => {
    const [engine] = await launch("engine-1");
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const traces = { 0: `00-${traceId}-b7ad6b7169203331-01` };
    const known = encodeRecord({ v: 1, epoch: 1, commands: [{ kind: "Tick" }], traces });
    // What a writer of a later version may append: a kind of command that this engine has no rule for.
    const record = new TextDecoder().decode(known).replace('"Tick"', '"Tock"');
    const { connection, market } = listed;
    await connection.jetstream().publish(subject.command(market, 1, "broken.1"), record);
    const line = await until("the market halting", () => {
      const found = engine?.errors.find((one) => one.includes("halted"));
      return Promise.resolve(found);
    });
    expect(line).toContain(`"trace":{"id":"${traceId}"}`);
    expect(line).toContain("in record 1");
  },
  TIMEOUT_MS,
);

/** A second copy of the last frame's events, as if they came next, under a hash of nothing. */
async function forgeFrame(): Promise<number> {
  const { jsm, connection, market } = listed;
  const events = stream.events(market, 1);
  const { state } = await jsm.streams.info(events);
  const message = await jsm.streams.getMessage(events, { seq: state.last_seq });
  const last = decodeFrame(message.data);
  const to = { command: last.to.command + COMMANDS_PER_RECORD, index: 0 };
  const frame = { ...last, from: last.to, to, hashAtTo: "00".repeat(32) };
  const ack = await connection.jetstream().publish(subject.events(market, 1), encodeFrame(frame));
  return ack.seq;
}
