/**
 * How far this process's clock is off the NATS server's. Deadlines are made from this clock and judged by that one,
 * so a wallet that is far off would hand out holds that end at once, or never.
 */

import { bucket } from "@exchange/streams";
import type { JetStreamManager, NatsConnection } from "nats";

/** Past this, holds are refused. */
export const CLOCK_SKEW_MAX_MS = 5000;
const MEASURE_EVERY_MS = 5000;

export interface ClockSkew {
  /** Our clock minus the server's, as far as the last measurement can tell. */
  readonly skewMs: number;
  stop(): void;
}

export interface ClockSkewDeps {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly instance: string;
  readonly nowMs: () => number;
  readonly onMeasured: (skewMs: number) => void;
}

/** Resolves after the first measurement. While the server is away the last one stands. */
export async function watchClockSkew(deps: ClockSkewDeps): Promise<ClockSkew> {
  let skewMs = await measureSkew(deps);
  deps.onMeasured(skewMs);
  const stopping = new AbortController();
  void (async () => {
    while (!stopping.signal.aborted) {
      await Bun.sleep(MEASURE_EVERY_MS);
      skewMs = await measureSkew(deps).catch(() => skewMs);
      deps.onMeasured(skewMs);
    }
  })();
  return {
    get skewMs() {
      return skewMs;
    },
    stop: () => stopping.abort(),
  };
}

/** Writes a key and reads back when the server says it was stored. */
async function measureSkew({ connection, jsm, instance, nowMs }: ClockSkewDeps): Promise<number> {
  const beforeMs = nowMs();
  const ack = await connection
    .jetstream()
    .publish(`$KV.${bucket.leases}.clock.${instance}`, new Uint8Array(0));
  const afterMs = nowMs();
  const stored = await jsm.streams.getMessage(`KV_${bucket.leases}`, { seq: ack.seq });
  return skewOf({ beforeMs, afterMs, storedMs: stored.time.getTime() });
}

/** Zero while the server's time lies between the two readings of ours: then nothing shows a difference. */
export function skewOf({
  beforeMs,
  afterMs,
  storedMs,
}: {
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly storedMs: number;
}): number {
  if (storedMs < beforeMs) return beforeMs - storedMs;
  return storedMs > afterMs ? afterMs - storedMs : 0;
}
