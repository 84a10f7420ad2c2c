/** Doing what needs another server until it is there. */

const FIRST_DELAY_MS = 20;
const LAST_DELAY_MS = 1000;

export interface Patience {
  readonly signal: AbortSignal;
  /** Called with each failure, and with undefined once it worked. */
  readonly onTrouble: (error: unknown) => void;
}

/** Tries again after every failure. Throws the signal's reason when it is aborted meanwhile. */
export async function patiently<Value>(
  { signal, onTrouble }: Patience,
  attempt: () => Promise<Value>,
): Promise<Value> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LAST_DELAY_MS)) {
    signal.throwIfAborted();
    try {
      const value = await attempt();
      onTrouble(undefined);
      return value;
    } catch (error) {
      onTrouble(error);
    }
    await Bun.sleep(delayMs);
  }
}
