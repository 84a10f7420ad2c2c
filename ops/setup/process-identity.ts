/**
 * Which process a pid means. A pid alone may have been given to somebody else since, so a process
 * is named by its pid and its birth (the boot it belongs to and its start within it), and nothing
 * is ever signalled whose birth differs.
 */

import { readdirSync, readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  readonly birth: string;
}

/** The environment variable that marks every process of an exchange with its home. */
export const supervisedMark = "EXCHANGE_SUPERVISED_HOME";

export function identify(pid: number): ProcessIdentity | undefined {
  const birth = readBirth(pid);
  return birth === undefined ? undefined : { pid, birth };
}

export function isAlive({ pid, birth }: ProcessIdentity): boolean {
  return readBirth(pid) === birth;
}

/** Signals exactly this process. Returns false when it is gone. */
export function signal(target: ProcessIdentity, name: "SIGTERM" | "SIGKILL"): boolean {
  if (!isAlive(target)) return false;
  try {
    process.kill(target.pid, name);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

/** Living processes of this user that carry the mark of the given home. */
export function findMarked(homeRoot: string): ProcessIdentity[] {
  const wanted = `${supervisedMark}=${homeRoot}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => readProc(`/proc/${name}/environ`)?.split("\0").includes(wanted))
    .map((name) => identify(Number(name)))
    .filter((found) => found !== undefined);
}

function readBirth(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the program's name in brackets and may hold anything, brackets included.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [runState] = fields;
  const startTicks = fields[19];
  if (startTicks === undefined || runState === "Z" || runState === "X") return undefined;
  return `${bootId()}:${startTicks}`;
}

function bootId(): string {
  return readProc("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
}

/** Undefined when the process is gone or belongs to another user. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
