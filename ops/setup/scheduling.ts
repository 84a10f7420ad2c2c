/** How the processes of an exchange share the cores of one machine. */

const prefix = ["chrt", "--batch", "0"] as const;
let isSupported: boolean | undefined;

/**
 * The command under Linux's batch policy: whoever wakes up waits until a core is free, instead of taking it from another
 * process of ours in the middle of its work. An order wakes ten of them, and each change costs the caches of both. A
 * container may forbid it, and other systems do not know it: then the command as it is.
 */
export function withoutPreemption(command: readonly string[]): string[] {
  isSupported ??= canRun([...prefix, "true"]);
  return isSupported ? [...prefix, ...command] : [...command];
}

/** This very process, as `withoutPreemption`: a load generator that shares the cores with what it measures. */
export function preemptNobody(): void {
  canRun(["chrt", "--batch", "--all-tasks", "--pid", "0", String(process.pid)]);
}

function canRun([program = "", ...args]: readonly string[]): boolean {
  return (
    Bun.which(program) !== null &&
    Bun.spawnSync([program, ...args], { stdout: "ignore", stderr: "ignore" }).success
  );
}
