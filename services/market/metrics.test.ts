import { expect, test } from "bun:test";

import { createTelemetry } from "@exchange/streams/runtime";

import { measureLag } from "./metrics.ts";

test("the first scrape already has both lags, of what is followed then", async () => {
  const telemetry = createTelemetry({
    service: "market",
    instance: "market-test",
    logLevel: "fatal",
    traceExporter: "none",
  });
  let lags = [{ market: "BTC-USD", frames: 3, seconds: 0.5 }];
  measureLag(telemetry, async () => {
    await Bun.sleep(1);
    return lags;
  });
  const lines = async (): Promise<string[]> =>
    (await telemetry.registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith("market_projection_lag"))
      .map((line) => line.replace(/\{.*\}/, ""));
  expect(await lines()).toEqual([
    "market_projection_lag_frames 3",
    "market_projection_lag_seconds 0.5",
  ]);
  lags = [];
  expect(await lines()).toEqual([]);
});
