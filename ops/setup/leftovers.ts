/**
 * Processes whose supervisor is gone. They are known from the last state file and, should a crash
 * have come between a start and its record, by the mark in their environment.
 */

import type { Home } from "./home.ts";
import { findMarked, isAlive, type ProcessIdentity, signal } from "./process-identity.ts";
import { stopOrder } from "./process-spec.ts";
import { readState } from "./state.ts";

const stopLimitMs = 15_000;
const pollMs = 50;

/** Stops them, the door first and the servers last; returns how many there were. */
export async function stopLeftovers(home: Home): Promise<number> {
  const recorded = (readState(home)?.processes ?? []).filter(isAlive);
  let stopped = 0;
  for (const group of stopOrder) {
    stopped += await stopAll(recorded.filter((process) => process.group === group));
  }
  return stopped + (await stopAll(findMarked(home.root)));
}

async function stopAll(targets: readonly ProcessIdentity[]): Promise<number> {
  const signalled = targets.filter((target) => signal(target, "SIGTERM"));
  if (!(await areGone(signalled, stopLimitMs))) {
    for (const target of signalled) signal(target, "SIGKILL");
    await areGone(signalled, stopLimitMs);
  }
  return signalled.length;
}

/** False when one still lives after the limit. */
export async function areGone(
  targets: readonly ProcessIdentity[],
  limitMs: number,
): Promise<boolean> {
  const deadlineMs = Date.now() + limitMs;
  while (targets.some(isAlive)) {
    if (Date.now() > deadlineMs) return false;
    await Bun.sleep(pollMs);
  }
  return true;
}
