import { expect, test } from "bun:test";

import { createCancelRounds } from "./cancel-rounds.ts";
import type { StoredSession } from "./session-store.ts";

function sessionOf(sessionId: number): StoredSession {
  return { accountId: 7, sessionId, timeoutMs: 1000, opens: 1, sinceEndMs: 0 };
}

/** Two markets, the sick one of which answers only once it is healed. */
function twoMarkets() {
  const asked: string[] = [];
  const state = { nowMs: 0, healed: false };
  const rounds = createCancelRounds({
    markets: () => ["SICK", "WELL"],
    nowMs: () => state.nowMs,
    cancelIn({ sessionId }, market) {
      asked.push(`${sessionId} ${market}`);
      return Promise.resolve(market === "WELL" || state.healed);
    },
  });
  return { rounds, asked, state };
}

test("a market that answered is not asked again in the same round, and all are asked in the final one", async () => {
  const { rounds, asked, state } = twoMarkets();
  const session = sessionOf(1);
  expect(await rounds.cancel(session, false)).toBe(false);
  state.nowMs = 1000;
  state.healed = true;
  expect(await rounds.cancel(session, false)).toBe(true);
  expect(await rounds.cancel(session, false)).toBe(true);
  expect(asked).toEqual(["1 SICK", "1 WELL", "1 SICK"]);
  expect(await rounds.cancel(session, true)).toBe(true);
  expect(asked.slice(3)).toEqual(["1 SICK", "1 WELL"]);
});

test("a market that does not answer is asked less and less, for all sessions together", async () => {
  const { rounds, asked, state } = twoMarkets();
  const sessions = [sessionOf(1), sessionOf(2), sessionOf(3)];
  const timesMs: number[] = [];
  for (; state.nowMs < 30_000; state.nowMs += 250) {
    const before = asked.length;
    for (const session of sessions) await rounds.cancel(session, false);
    if (asked.slice(before).some((one) => one.endsWith("SICK"))) timesMs.push(state.nowMs);
  }
  expect(timesMs).toEqual([0, 250, 750, 1750, 3750, 7750, 15_750, 23_750]);
  expect(asked.filter((one) => one.endsWith("SICK"))).toHaveLength(timesMs.length);
  expect(asked.filter((one) => one.endsWith("WELL"))).toEqual(["1 WELL", "2 WELL", "3 WELL"]);
  state.nowMs = 60_000;
  state.healed = true;
  for (const session of sessions) expect(await rounds.cancel(session, false)).toBe(true);
});

test("a market that fails loudly keeps no other from being done", async () => {
  const asked: string[] = [];
  const rounds = createCancelRounds({
    markets: () => ["BROKEN", "WELL"],
    nowMs: () => 0,
    cancelIn(_, market) {
      asked.push(market);
      return market === "WELL" ? Promise.resolve(true) : Promise.reject(new Error("broken"));
    },
  });
  await expect(rounds.cancel(sessionOf(1), false)).rejects.toThrow("broken");
  expect(await rounds.cancel(sessionOf(1), false)).toBe(false);
  expect(asked).toEqual(["BROKEN", "WELL"]);
});
