/** Whether a process is ready, in one answer for whoever asks over HTTP and for Prometheus. */

import { Gauge } from "prom-client";

import type { Telemetry } from "./telemetry.ts";

/** Undefined when ready, else what is missing, in a few words. */
export type CheckReady = () => Promise<string | undefined>;

/** A check that takes longer waits for something that is away. */
const READY_LIMIT_MS = 1000;

/** Those who ask at the same time get one check's answer. */
export function createReadiness(
  { registry }: Pick<Telemetry, "registry">,
  check: CheckReady,
): CheckReady {
  let asking: Promise<string | undefined> | undefined;
  const ask: CheckReady = async () => {
    asking ??= Promise.race([check(), Bun.sleep(READY_LIMIT_MS).then(() => "timed out")]).finally(
      () => (asking = undefined),
    );
    return await asking;
  };
  registry.registerMetric(
    new Gauge({
      name: "service_ready",
      help: "1 while the service is ready, as /readyz says.",
      registers: [],
      async collect() {
        this.set((await ask()) === undefined ? 1 : 0);
      },
    }),
  );
  return ask;
}
