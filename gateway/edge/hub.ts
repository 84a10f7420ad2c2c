/**
 * Whether the exchange is within reach of a gateway at the edge. Its connection is to a server beside it, which stays when
 * the way from there to the exchange is cut: so the exchange is asked for a sign of life, and asked at once when
 * somebody else found nobody there.
 */

/** Between two questions: shorter than a server at the edge waits before it connects again, so that no cut is missed. */
const ASK_INTERVAL_MS = 250;
/** A question that is not answered for so long: the way is cut without a word. */
const SILENCE_MAX_MS = 2000;

export interface Hub {
  readonly isReachable: boolean;
  /** When it was last asked something that it answered; of the options' clock. */
  readonly heardMs: number;
  /** Asks now. Whether it answered. */
  check(): Promise<boolean>;
  /** As the work ends, or `lost` when the exchange is out of reach before that. */
  whileReachable<Value>(work: Promise<Value>): Promise<Value | "lost">;
  /** Calls back when it is lost and when it is back. */
  onChange(listener: () => void): void;
  /** Calls back when messages may have been missed that will not come again; before it is back. */
  onMissed(listener: () => void): void;
  stop(): void;
}

export interface HubOptions {
  /** Resolves when the exchange answered; rejects when nobody is there, or within `timeoutMs`. */
  readonly ask: (timeoutMs: number) => Promise<unknown>;
  readonly clock?: { now(): number };
}

/** It was reached a moment ago: the process has just read from it what it needs. */
export function watchHub({ ask, clock = performance }: HubOptions): Hub {
  const changeListeners: (() => void)[] = [];
  const missedListeners: (() => void)[] = [];
  const working = new Set<() => void>();
  /** Numbers of questions that are neither answered nor given up. */
  const open = new Set<number>();
  let asked = 0;
  let answered = 0;
  let isReachable = true;
  let heardMs = clock.now();
  let checking: Promise<boolean> | undefined;

  function change(next: boolean): void {
    if (next === isReachable) return;
    isReachable = next;
    if (!next) for (const lose of working) lose();
    for (const listener of changeListeners) listener();
  }

  function hear(own: number, askedMs: number): void {
    open.delete(own);
    answered = Math.max(answered, own);
    heardMs = Math.max(heardMs, askedMs);
    // Answers come in turn: an earlier question without one is lost, and what was sent at that time may be, too.
    const lost = [...open].filter((one) => one < own);
    for (const one of lost) open.delete(one);
    if (!isReachable || lost.length > 0) for (const listener of missedListeners) listener();
    change(true);
  }

  async function question(): Promise<boolean> {
    asked += 1;
    const own = asked;
    const askedMs = clock.now();
    open.add(own);
    try {
      await ask(SILENCE_MAX_MS);
      hear(own, askedMs);
    } catch {
      open.delete(own);
      if (own > answered) change(false);
    }
    return isReachable;
  }

  const asking = setInterval(() => void question(), ASK_INTERVAL_MS);
  return {
    get isReachable() {
      return isReachable;
    },
    get heardMs() {
      return heardMs;
    },
    async check() {
      checking ??= question().finally(() => (checking = undefined));
      return await checking;
    },
    async whileReachable(work) {
      const { promise, resolve } = Promise.withResolvers<"lost">();
      const lose = (): void => resolve("lost");
      working.add(lose);
      try {
        return await Promise.race([work, promise]);
      } finally {
        working.delete(lose);
      }
    },
    onChange: (listener) => void changeListeners.push(listener),
    onMissed: (listener) => void missedListeners.push(listener),
    stop: () => clearInterval(asking),
  };
}
