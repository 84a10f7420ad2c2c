/** Ending processes of a running exchange, as a crash or an upgrade would. Their supervisor starts them again. */

import type { ProcessIdentity } from "../setup/process-identity.ts";
import { identify, isAlive, signal } from "../setup/process-identity.ts";
import { readRunning } from "../setup/running.ts";
import type { Kill, Victim } from "./kill-plan.ts";

const POLL_MS = 50;
/** A process that is not back by then does not come back. */
const BACK_LIMIT_MS = 30_000;

/** Waits until the victim runs, also when an earlier kill took it, so that each kill hits somebody. */
export async function killAll(
  plan: readonly Kill[],
  onKill: (victim: Victim) => void,
): Promise<void> {
  for (const { victim, delayMs } of plan) {
    await Bun.sleep(delayMs);
    await signalRunning(victim, "SIGKILL");
    onKill(victim);
  }
}

/** Asks a process to end, as an upgrade would, and waits until it is gone. Returns how long that took, ms. */
export async function stopRunning(victim: Victim): Promise<number> {
  const target = await signalRunning(victim, "SIGTERM");
  const startedMs = performance.now();
  while (isAlive(target)) {
    if (performance.now() - startedMs > BACK_LIMIT_MS) throw new Error(`${victim} does not end`);
    await Bun.sleep(POLL_MS);
  }
  return performance.now() - startedMs;
}

async function signalRunning(victim: Victim, how: "SIGTERM" | "SIGKILL"): Promise<ProcessIdentity> {
  const giveUpMs = performance.now() + BACK_LIMIT_MS;
  while (performance.now() < giveUpMs) {
    const found = readRunning().processes.find(({ name }) => name === victim);
    // The state file tells pid 0 while a process is down.
    const target = found === undefined || found.pid === 0 ? undefined : identify(found.pid);
    if (target !== undefined && signal(target, how)) return target;
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`${victim} is not running`);
}

/** Returns once every process answers that it is ready. */
export async function whenAllReady(limitMs: number): Promise<void> {
  const giveUpMs = performance.now() + limitMs;
  for (;;) {
    const ports = readRunning().processes.flatMap(({ adminPort }) => adminPort ?? []);
    const ready = await Promise.all(ports.map(isReady));
    if (ready.every(Boolean)) return;
    if (performance.now() > giveUpMs) throw new Error(`not all are ready after ${limitMs} ms`);
    await Bun.sleep(POLL_MS);
  }
}

async function isReady(port: number): Promise<boolean> {
  const url = `http://127.0.0.1:${port}/readyz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
  return response?.ok ?? false;
}
