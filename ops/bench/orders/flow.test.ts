import { expect, test } from "bun:test";

import { createRandom } from "../random.ts";
import { createFlow } from "./flow.ts";

test("the same seed gives the same flow", () => {
  const [first, again] = [1, 2].map(() => {
    const flow = createFlow({ accounts: 5, cancelShare: 0.4, random: createRandom(7) });
    return Array.from({ length: 100 }, () => flow.next());
  });
  expect(first).toEqual(again);
});

test("only resting orders are cancelled, each once, by their owner", () => {
  const flow = createFlow({ accounts: 3, cancelShare: 0.5, random: createRandom(1) });
  const open = new Map<string, number>();
  let cancelled = 0;
  for (let index = 0; index < 5000; index += 1) {
    const command = flow.next();
    if (command.kind === "place") {
      open.set(String(index), command.account);
      flow.rested(command.account, String(index));
      continue;
    }
    expect(open.get(command.orderId)).toBe(command.account);
    open.delete(command.orderId);
    cancelled += 1;
  }
  expect(cancelled).toBeGreaterThan(2000);
});

test("the book does not grow without end", () => {
  const flow = createFlow({ accounts: 3, cancelShare: 0.4, random: createRandom(1) });
  let resting = 0;
  for (let index = 0; index < 10_000; index += 1) {
    const command = flow.next();
    resting += command.kind === "place" ? 1 : -1;
    if (command.kind === "place") flow.rested(command.account, String(index));
    expect(resting).toBeLessThanOrEqual(3 * 21);
  }
});
