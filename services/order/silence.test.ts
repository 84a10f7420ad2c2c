import { expect, test } from "bun:test";

import type { StoredSession } from "./session-store.ts";
import { createSilence } from "./silence.ts";

const session: StoredSession = {
  accountId: 7,
  sessionId: 1,
  timeoutMs: 2000,
  opens: 1,
  sinceEndMs: undefined,
};

/** Turns as often as the process does, and says at which of these times the session was over. */
function turns(silence: ReturnType<typeof createSilence>, from: number, to: number): number[] {
  const over: number[] = [];
  for (let nowMs = from; nowMs <= to; nowMs += 500) {
    if (silence.turn(nowMs).length > 0) over.push(nowMs);
  }
  return over;
}

test("a session is over once nothing was heard of its client for its time", () => {
  const silence = createSilence();
  silence.know([session], 0);
  silence.hear([{ ...session, silentMs: 300 }], 1000);
  expect(turns(silence, 0, 3500)).toEqual([3000, 3500]);
});

test("another session's beat, and one that is older than what was heard, change nothing", () => {
  const silence = createSilence();
  silence.know([session], 0);
  silence.hear(
    [
      { ...session, sessionId: 2, silentMs: 0 },
      { ...session, silentMs: 5000 },
    ],
    1000,
  );
  expect(turns(silence, 0, 2500)).toEqual([2500]);
});

test("a session that was opened again, or is new here, has all of its time", () => {
  const silence = createSilence();
  silence.know([session], 0);
  silence.know([session], 1500);
  expect(turns(silence, 0, 2500)).toEqual([2500]);
  silence.know([{ ...session, opens: 2 }], 2600);
  expect(turns(silence, 3000, 5000)).toEqual([5000]);
});

test("while this process slept nobody was silent", () => {
  const silence = createSilence();
  silence.know([session], 0);
  silence.turn(500);
  expect(turns(silence, 60_000, 62_500)).toEqual([62_500]);
});

test("an ended session is over until it is gone", () => {
  const silence = createSilence();
  silence.know([{ ...session, sinceEndMs: 1 }], 0);
  expect(turns(silence, 0, 500)).toEqual([0, 500]);
  silence.know([], 600);
  expect(turns(silence, 1000, 4000)).toEqual([]);
});
