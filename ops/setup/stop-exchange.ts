/** Ends an exchange from outside: through its supervisor, or without it when that is gone. */

import { readLockHolder } from "./home-lock.ts";
import type { Home } from "./home.ts";
import { areGone, stopLeftovers } from "./leftovers.ts";
import { signal } from "./process-identity.ts";
import { readState, writeState } from "./state.ts";

/** Longer than all groups' limits in a row, so that only a stuck supervisor meets it. */
const supervisorLimitMs = 75_000;

/** False when nothing was running. */
export async function stopExchange(home: Home): Promise<boolean> {
  const supervisor = await readLockHolder(home.root);
  if (supervisor !== undefined) {
    signal(supervisor, "SIGTERM");
    if (!(await areGone([supervisor], supervisorLimitMs))) {
      signal(supervisor, "SIGKILL");
      await areGone([supervisor], supervisorLimitMs);
    }
  }
  const leftovers = await stopLeftovers(home);
  const state = readState(home);
  if (state !== undefined && state.phase !== "stopped") {
    writeState(home, { ...state, phase: "stopped", processes: [] });
  }
  return supervisor !== undefined || leftovers > 0;
}
