/** Keeps a set of processes alive and writes what they do into the state file. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { explain, Failure } from "./failure.ts";
import type { Home } from "./home.ts";
import { type ProcessSpec, stopOrder } from "./process-spec.ts";
import { tellingLine } from "./run-program.ts";
import { type State, writeState } from "./state.ts";
import { SupervisedProcess } from "./supervised-process.ts";

const pollMs = 50;
/** A process that never became ready and died this often will not become ready. */
const deathsWhileStartingMax = 5;

export interface Supervisor {
  start(specs: readonly ProcessSpec[]): void;
  /** Returns when all are ready; refuses when one keeps dying, time runs out or `stopping` fires. */
  whenReady(limitMs: number, stopping: AbortSignal): Promise<void>;
  setPhase(phase: State["phase"]): void;
  /** Stops everything in order; the returned promise settles when nothing is left. */
  stop(): Promise<void>;
  /** Gives up on order and grace. */
  killAll(): void;
}

export interface SupervisorInput {
  readonly home: Home;
  readonly report: (line: string) => void;
  /** Everything in the state file but the processes. */
  readonly state: Omit<State, "processes">;
}

export function createSupervisor({ home, report, state }: SupervisorInput): Supervisor {
  const processes: SupervisedProcess[] = [];
  let phase = state.phase;

  function onChange(): void {
    const statuses = processes.map((process) => process.describe());
    try {
      writeState(home, { ...state, phase, processes: statuses });
    } catch (error) {
      // A full disk must not take the running exchange down with the record of it.
      report(`The state file was not written: ${explain(error)}`);
    }
  }

  return {
    start: (specs) => {
      const added = specs.map((spec) => new SupervisedProcess(spec, { home, report, onChange }));
      processes.push(...added);
      for (const process of added) process.start();
    },
    whenReady: (limitMs, stopping) => waitUntilReady(processes, { home, limitMs, stopping }),
    setPhase: (next) => {
      phase = next;
      onChange();
    },
    stop: async () => {
      for (const group of stopOrder) {
        const members = processes.filter(({ spec }) => spec.group === group);
        await Promise.all(members.map((process) => process.stop()));
      }
    },
    killAll: () => {
      for (const process of processes) process.kill();
    },
  };
}

interface WaitInput {
  readonly home: Home;
  readonly limitMs: number;
  readonly stopping: AbortSignal;
}

async function waitUntilReady(
  processes: readonly SupervisedProcess[],
  { home, limitMs, stopping }: WaitInput,
): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  for (;;) {
    stopping.throwIfAborted();
    const waiting = processes.filter((process) => process.describe().state !== "running");
    if (waiting.length === 0) return;
    const dying = waiting.find((process) => process.deaths >= deathsWhileStartingMax);
    if (dying !== undefined) throw notStarting(home, dying.spec.name, "keeps dying");
    if (Date.now() > deadlineMs) {
      const [first] = waiting;
      throw notStarting(home, first?.spec.name ?? "", `is not ready after ${limitMs / 1_000} s`);
    }
    await Bun.sleep(pollMs);
  }
}

function notStarting(home: Home, name: string, what: string): Failure {
  const log = join(home.logs, `${name}.log`);
  return new Failure(`${name} ${what}: ${tellingLine(readFileSync(log, "utf8"))} (${log})`);
}
