import { expect, test } from "bun:test";

import { createTelemetry } from "@exchange/streams/runtime";

import { createObserver } from "./observer.ts";

const hint = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

function createCollector() {
  const bodies: string[] = [];
  const server = Bun.serve({
    port: 0,
    fetch: async (request) => {
      bodies.push(await request.text());
      return new Response("{}", { headers: { "content-type": "application/json" } });
    },
  });
  const telemetry = createTelemetry({
    service: "gateway",
    instance: "gateway-test",
    logLevel: "fatal",
    traceExporter: "otlp",
    traceUrl: `${server.url.href}v1/traces`,
    sampleRatio: 0,
  });
  return {
    telemetry,
    received: async (): Promise<string> => {
      await telemetry.stop();
      await server.stop(true);
      return bodies.join("\n");
    },
  };
}

test("a client's sampled trace goes on in the gateway's span, with its status", async () => {
  const { telemetry, received } = createCollector();
  const observer = createObserver(telemetry);
  const span = observer.startTrace("POST /v1/orders", hint);
  expect(span?.traceparent).toMatch(new RegExp(`^00-${"a".repeat(32)}-(?!b{16})[0-9a-f]{16}-01$`));
  span?.end(201);
  const text = await received();
  expect(text).toContain("POST /v1/orders");
  expect(text).toContain("b".repeat(16));
  expect(text).toContain("http.response.status_code");
});

test("clients cannot have more than a few traces a second, all together", async () => {
  const { telemetry, received } = createCollector();
  const observer = createObserver(telemetry);
  const spans = Array.from({ length: 50 }, () => observer.startTrace("GET /", hint));
  expect(spans.filter((span) => span !== undefined).length).toBeLessThan(40);
  expect(observer.startTrace("GET /", undefined)).toBeUndefined();
  await received();
});

test("every request is counted by method, route and status", async () => {
  const { telemetry, received } = createCollector();
  createObserver(telemetry).requestDone({
    method: "GET",
    route: "/v1/orders/{id}",
    status: 404,
    durationMs: 3,
    requestId: "r",
    traceparent: undefined,
  });
  const metrics = await telemetry.registry.metrics();
  expect(metrics).toMatch(
    /http_request_duration_seconds_count\{[^}]*route="\/v1\/orders\/\{id\}"[^}]*\} 1/,
  );
  await received();
});
