import { expect, test } from "bun:test";

import { createTelemetry } from "./telemetry.ts";
import { inTraces } from "./trace-scope.ts";

const traceparentOf = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;

const link = (digit: string): object => ({
  trace: { id: digit.repeat(32) },
  span: { id: digit.repeat(16) },
});

interface Line {
  readonly message: string;
  readonly trace?: { readonly id: string };
  readonly span?: { readonly id?: string; readonly links?: readonly Line[] };
}

function openTelemetry() {
  const lines: Line[] = [];
  const telemetry = createTelemetry({
    service: "wallet",
    instance: "wallet-test",
    logLevel: "info",
    // Spans are made and go nowhere: nothing listens there.
    traceExporter: "otlp",
    traceUrl: "http://127.0.0.1:1/v1/traces",
    logTo: {
      write(text) {
        const line: Line = JSON.parse(text);
        lines.push(line);
      },
    },
  });
  return { lines, telemetry, logger: telemetry.logger };
}

test("every line of traced work names its trace and its own span, also after waiting", async () => {
  const { lines, logger, telemetry } = openTelemetry();
  let spanId = "";
  await telemetry.traced("hold", traceparentOf("a"), async (inner) => {
    spanId = inner?.split("-")[2] ?? "";
    logger.info("at once");
    await Bun.sleep(1);
    logger.child({ market: "BTC-USD" }).warn({ err: new Error("late") }, "later");
  });
  logger.info("after");
  const fields = { trace: { id: "a".repeat(32) }, span: { id: spanId } };
  expect(spanId).toMatch(/^(?!a{16})[0-9a-f]{16}$/);
  expect(lines).toMatchObject([
    { message: "at once", ...fields },
    { message: "later", ...fields },
    {},
  ]);
  expect(lines[2]?.trace).toBeUndefined();
});

test("work that is not sampled has lines without a trace, whatever runs beside it", async () => {
  const { lines, logger, telemetry } = openTelemetry();
  const beside = telemetry.traced("other", traceparentOf("b"), () => Bun.sleep(5));
  await telemetry.traced("hold", undefined, async () => {
    await Bun.sleep(1);
    logger.info("alone");
  });
  await beside;
  expect(lines[0]).not.toHaveProperty("trace");
  expect(lines[0]).not.toHaveProperty("span");
});

test("a line of a batch links to the traces in it, and to that of nobody who started the loop", async () => {
  const { lines, logger, telemetry } = openTelemetry();
  await telemetry.traced("starter", traceparentOf("c"), async () => {
    await inTraces([traceparentOf("a"), traceparentOf("b")], async () => {
      await Bun.sleep(1);
      logger.warn("two");
    });
    inTraces([], () => logger.warn("none"));
    inTraces([traceparentOf("a")], () => logger.warn("one"));
  });
  expect(lines).toMatchObject([
    { message: "two", span: { links: [link("a"), link("b")] } },
    { message: "none" },
    { message: "one", ...link("a") },
  ]);
  expect(lines[1]).not.toHaveProperty("trace");
});
