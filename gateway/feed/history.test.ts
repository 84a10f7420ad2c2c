import { expect, test } from "bun:test";

import type { Position } from "@exchange/streams/contract";

import { createHistory } from "./history.ts";
import { HISTORY_BYTES_MAX, HISTORY_UPDATES_MAX } from "./limits.ts";

const at = (command: number): Position => ({ command, index: 0 });

/** Updates from 1 to 2, 2 to 3 and so on. */
function filled(count: number, bytes = 1) {
  const history = createHistory<number>();
  history.restart(at(1));
  for (let step = 1; step <= count; step += 1) {
    history.add({ from: at(step), to: at(step + 1), body: step, bytes });
  }
  return { after: (command: number) => history.after(at(command))?.map(({ body }) => body) };
}

test("what ended after a position is given, and nothing else", () => {
  const { after } = filled(5);
  expect([after(1), after(4), after(6), after(9)]).toEqual([[1, 2, 3, 4, 5], [4, 5], [], []]);
  expect(after(0)).toBeUndefined();
});

test("before its start is known, and after a restart, nothing before it is claimed", () => {
  const history = createHistory<number>();
  expect(history.after(at(1))).toBeUndefined();
  history.restart(at(1));
  history.add({ from: at(1), to: at(2), body: 1, bytes: 1 });
  history.restart(at(7));
  expect([history.after(at(2)), history.after(at(7))]).toEqual([undefined, []]);
});

const bounds: readonly (readonly [string, number, number, number])[] = [
  ["number", 3 * HISTORY_UPDATES_MAX, 1, HISTORY_UPDATES_MAX],
  ["size", 100, HISTORY_BYTES_MAX / 10, 10],
];

test.each(bounds)(
  "what is kept is bounded by its %s, and has no hole",
  (_, count, bytes, keptMax) => {
    const { after } = filled(count, bytes);
    expect(after(1)).toBeUndefined();
    const oldest = Array.from({ length: count + 1 }, (_value, step) => step + 1).find(
      (command) => after(command) !== undefined,
    );
    const kept = after(oldest ?? 0) ?? [];
    expect(kept.length).toBeLessThanOrEqual(keptMax);
    expect(kept.length).toBeGreaterThanOrEqual(keptMax / 3);
    expect(kept).toEqual(kept.map((_value, place) => count - kept.length + 1 + place));
  },
);
