/** Something changed: wakes whoever waits for it. */

export class Signal {
  #next = Promise.withResolvers<void>();

  raise(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Resolves at the next `raise`, or after `timeoutMs`. */
  async wait(timeoutMs: number): Promise<void> {
    let timer: Timer | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#next.promise, timeout]);
    clearTimeout(timer);
  }
}
