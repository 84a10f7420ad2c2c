/** Trying again while MySQL is away, and telling whether it is. */

import { isMysqlAway } from "@exchange/store";

const RETRY_DELAY_MS = { first: 20, last: 1000 } as const;

export interface RetryOptions {
  /** Ends the retries: the last failure is thrown. */
  readonly signal?: AbortSignal;
  /** The same after this long. */
  readonly limitMs?: number;
}

export interface Patience {
  /** The last failure while MySQL is away, in a few words. */
  readonly trouble: string | undefined;
  /** Runs the work until MySQL answered. Anything but a lost server is thrown at once. */
  retry<Value>(work: () => Promise<Value>, options?: RetryOptions): Promise<Value>;
}

export function createPatience(onTrouble: (error: unknown) => void): Patience {
  const troubled = new Map<symbol, string>();
  return {
    get trouble() {
      return troubled.values().next().value;
    },
    async retry(work, { signal, limitMs = Number.POSITIVE_INFINITY } = {}) {
      const task = Symbol("task");
      const startedMs = performance.now();
      try {
        for (let attempt = 0; ; attempt += 1) {
          try {
            return await work();
          } catch (error) {
            const late = performance.now() - startedMs > limitMs;
            if (!isMysqlAway(error) || signal?.aborted === true || late) throw error;
            // Once for each piece of work, not for each attempt.
            if (attempt === 0) onTrouble(error);
            troubled.set(task, `MySQL is away: ${String(error)}`);
          }
          await Bun.sleep(Math.min(RETRY_DELAY_MS.first * 2 ** attempt, RETRY_DELAY_MS.last));
        }
      } finally {
        troubled.delete(task);
      }
    },
  };
}
