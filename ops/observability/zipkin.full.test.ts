/** A real Zipkin is sent the traces of a whole exchange of its own, and finds an order by its API. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openAccount } from "../fuzz/account.ts";
import { connectFeed } from "../http/feed.ts";
import { homeAt } from "../setup/home.ts";
import { runProgram } from "../setup/run-program.ts";
import { readState } from "../setup/state.ts";
import type { Zipkin, ZipkinSpan } from "./testing/zipkin.ts";
import { canRunZipkin, fetchZipkin, startZipkin } from "./testing/zipkin.ts";

const START_LIMIT_MS = 300_000;
const TEST_LIMIT_MS = 60_000;
const EXPORT_LIMIT_MS = 30_000;
const POLL_MS = 200;
const MARKET = "BTC-USD";

if (!canRunZipkin) console.log("Zipkin needs Java, and Maven to be fetched: its test is not run.");

const folder = mkdtempSync(join(tmpdir(), "exchange-zipkin-"));
let zipkin: Zipkin;

async function ops(verb: "up" | "down", args: readonly string[] = []) {
  return await runProgram([process.execPath, join(import.meta.dir, `../${verb}.ts`), ...args], {
    env: {
      EXCHANGE_HOME: folder,
      EXCHANGE_PORT: "0",
      TEST_FUNDS: "on",
      TRACE_EXPORTER: "zipkin",
      TRACE_URL: zipkin.spansUrl,
      // Only what a client asks for.
      TRACE_SAMPLE_RATIO: "0",
    },
  });
}

beforeAll(async () => {
  if (!canRunZipkin) return;
  await fetchZipkin();
  zipkin = await startZipkin();
  expect(await ops("up", ["--detach"])).toMatchObject({ exitCode: 0 });
}, START_LIMIT_MS);
afterAll(async () => {
  if (canRunZipkin) {
    await ops("down");
    await zipkin.stop();
  }
  rmSync(folder, { recursive: true });
}, TEST_LIMIT_MS);

/** Each span once, as `service: name`. */
function namesOf(spans: readonly ZipkinSpan[]): string[] {
  const names = spans.map(({ name, localEndpoint }) => `${localEndpoint.serviceName}: ${name}`);
  return [...new Set(names)].toSorted((left, right) => left.localeCompare(right));
}

test.if(canRunZipkin)(
  "an order that is placed and filled is one trace through every service",
  async () => {
    const gatewayUrl = `http://127.0.0.1:${readState(homeAt(folder))?.ports["gateway"]}`;
    const [maker, taker] = [await openAccount(gatewayUrl), await openAccount(gatewayUrl)];
    const feed = await connectFeed(gatewayUrl, taker.token);
    feed.send({ op: "subscribe", channel: "orders", market: MARKET });
    await feed.next("snapshot");
    const limit = { market: MARKET, type: "limit", price: "200.00", quantity: "0.1" };
    const resting = await maker.call("POST", "/v1/orders", { body: { ...limit, side: "sell" } });
    expect(resting.status).toBe(201);

    const traceId = crypto.randomUUID().replaceAll("-", "");
    const filled = await taker.call("POST", "/v1/orders", {
      body: { ...limit, side: "buy" },
      headers: { traceparent: `00-${traceId}-${"1".repeat(16)}-01` },
    });
    expect(filled.status).toBe(201);
    expect(filled.text).toContain('"state":"FILLED"');

    const expected = [
      "engine: engine.match",
      "gateway: feed push",
      "gateway: post /v1/orders",
      "market: market project",
      "order: order project",
      "order: place order",
      "wallet: wallet.hold",
      "wallet: wallet.settle",
    ];
    const giveUpMs = performance.now() + EXPORT_LIMIT_MS;
    let spans: ZipkinSpan[] = [];
    while (namesOf(spans).length < expected.length && performance.now() < giveUpMs) {
      spans = await zipkin.trace(traceId);
      await Bun.sleep(POLL_MS);
    }
    expect(namesOf(spans)).toEqual(expected);
    const ids = new Set(spans.map(({ id }) => id));
    const roots = spans.filter(({ parentId = "" }) => !ids.has(parentId));
    expect(namesOf(roots)).toEqual(["gateway: post /v1/orders"]);
    for (const service of ["gateway", "order", "wallet", "engine", "market"]) {
      const [name = ""] = spans
        .filter(({ localEndpoint }) => localEndpoint.serviceName === service)
        .map((span) => span.name);
      expect(await zipkin.find(service, name)).toContain(traceId);
    }
    feed.close();
  },
  TEST_LIMIT_MS,
);
