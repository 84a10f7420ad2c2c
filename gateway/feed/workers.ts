/** Runs pieces of work a few at a time, in the order they came. */

export interface Workers {
  run<Value>(work: () => Promise<Value>): Promise<Value>;
}

export function createWorkers(runningMax: number): Workers {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async run(work) {
      if (running >= runningMax) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      try {
        return await work();
      } finally {
        // The place goes to the next one in line, or is free.
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}
