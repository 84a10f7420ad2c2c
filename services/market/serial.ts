/** Runs one piece of work after the other, each once the previous one is over. */

export type Serial = <Value>(work: () => Promise<Value>) => Promise<Value>;

export function createSerial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const next = last.then(work);
    // A failure belongs to whoever asked for that piece of work.
    last = next.catch(() => undefined);
    return await next;
  };
}
