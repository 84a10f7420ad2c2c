/** Group commit for questions: what waits while the previous group is asked becomes the next group. */

import { inTraces, tracesInHand } from "@exchange/streams/runtime";

export interface GatherOptions<Item, Answer> {
  /** Items in one group, at most. */
  readonly groupMax: number;
  /** One answer an item, in the same order. A throw fails the whole group. */
  readonly ask: (group: readonly Item[]) => Promise<readonly Answer[]>;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  /** Of the request that asks. */
  readonly traces: readonly string[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

export function gather<Item, Answer>(
  options: GatherOptions<Item, Answer>,
): (item: Item) => Promise<Answer> {
  let waiting: Waiting<Item, Answer>[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    // What this turn of the event loop brings goes into the first group together.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting.slice(0, options.groupMax);
      waiting = waiting.slice(options.groupMax);
      const traces = group.flatMap((one) => one.traces);
      await inTraces(traces, () => askGroup(options, group));
    }
    running = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, traces: tracesInHand(), resolve, reject });
      if (!running) void run();
    });
}

/** Never rejects: a failure is handed to whoever waits. */
async function askGroup<Item, Answer>(
  { ask }: GatherOptions<Item, Answer>,
  group: readonly Waiting<Item, Answer>[],
): Promise<void> {
  try {
    const answers = await ask(group.map((one) => one.item));
    if (answers.length !== group.length) {
      throw new Error(`${group.length} questions got ${answers.length} answers`);
    }
    for (const [index, answer] of answers.entries()) group[index]?.resolve(answer);
  } catch (error) {
    for (const one of group) one.reject(error);
  }
}
