/**
 * An open loop: requests leave when they are due, whether or not earlier ones were answered, and a
 * request's time counts from when it was due. A system that stalls is charged for everyone who had to wait.
 */

export interface OpenLoopOptions {
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** The first seconds, whose latencies do not count. */
  readonly warmUpSeconds: number;
  /** Starts one request. Resolves with what it came to: the key it is counted under. */
  readonly send: () => Promise<string>;
  /** Ends it early: nothing is started any more. */
  readonly stopping?: AbortSignal;
}

export interface OpenLoopResult {
  /** Of measured requests with a good outcome, ms. */
  readonly latenciesMs: number[];
  /** Measured requests by outcome. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** From the first measured request being due to the last one's answer. */
  readonly elapsedMs: number;
  /** The most requests without an answer at any time. */
  readonly inFlightMax: number;
}

/** Outcomes that count as work done start with this. */
export const GOOD = "ok ";

export async function runOpenLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { ratePerSecond, seconds, warmUpSeconds } = options;
  const measuredFrom = Math.round(ratePerSecond * warmUpSeconds);
  const total = measuredFrom + Math.round(ratePerSecond * seconds);
  const tally = createTally();
  const startedMs = performance.now();
  const pending = new Set<Promise<void>>();
  let inFlight = 0;
  let inFlightMax = 0;

  async function one(index: number, dueMs: number): Promise<void> {
    inFlight += 1;
    inFlightMax = Math.max(inFlightMax, inFlight);
    const outcome = await options.send();
    inFlight -= 1;
    if (index >= measuredFrom) tally.add(outcome, performance.now() - dueMs);
  }

  for (let next = 0; next < total && options.stopping?.aborted !== true;) {
    const dueCount = Math.min(
      total,
      Math.floor(((performance.now() - startedMs) / 1000) * ratePerSecond) + 1,
    );
    for (; next < dueCount; next += 1) {
      const request = one(next, startedMs + (next / ratePerSecond) * 1000);
      pending.add(request);
      void request.finally(() => pending.delete(request));
    }
    await Bun.sleep(1);
  }
  await Promise.all(pending);
  const elapsedMs = performance.now() - startedMs - (measuredFrom / ratePerSecond) * 1000;
  return { ...tally.result(), elapsedMs, inFlightMax };
}

function createTally() {
  const latenciesMs: number[] = [];
  const outcomes = new Map<string, number>();
  return {
    add(outcome: string, latencyMs: number): void {
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (outcome.startsWith(GOOD)) latenciesMs.push(latencyMs);
    },
    result: () => ({ latenciesMs, outcomes }),
  };
}
