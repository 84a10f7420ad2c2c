/** CPU time of processes, as the kernel counts it. */

import { readFileSync } from "node:fs";

import type { RunningProcess } from "../setup/running.ts";

const TICKS_PER_SECOND = 100;
/** Fields behind the name in parentheses: user and system time. */
const USER_FIELD = 11;
const SYSTEM_FIELD = 12;

export interface CpuUse {
  readonly name: string;
  /** Of one core. */
  readonly cores: number;
}

export interface CpuMeter {
  /** Since the meter was made. Processes that were started since count from their start. */
  read(): CpuUse[];
}

export function createCpuMeter(
  processes: () => readonly Pick<RunningProcess, "name" | "pid">[],
): CpuMeter {
  const startedMs = performance.now();
  const before = new Map<number, number>();
  const all = (): Pick<RunningProcess, "name" | "pid">[] => [
    ...processes(),
    { name: "generator", pid: process.pid },
  ];
  for (const { pid } of all()) before.set(pid, readSeconds(pid));
  return {
    read() {
      const elapsedS = (performance.now() - startedMs) / 1000;
      return all()
        .map(({ name, pid }) => {
          const cores = (readSeconds(pid) - (before.get(pid) ?? 0)) / elapsedS;
          return { name, cores: Math.round(cores * 1000) / 1000 };
        })
        .toSorted((left, right) => right.cores - left.cores);
    },
  };
}

function readSeconds(pid: number): number {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return 0;
  }
}

/** Seconds of user and system time together. The name may contain anything, so it is cut off first. */
export function parseStat(text: string): number {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD])) / TICKS_PER_SECOND;
}
