/** What the supervisor needs to know about one process. */

/** Processes stop group by group, the door first; within a group all at once. */
export type ProcessGroup = "bots" | "gateway" | "service" | "server";

export const stopOrder: readonly ProcessGroup[] = ["bots", "gateway", "service", "server"];

export interface ProcessSpec {
  readonly name: string;
  readonly group: ProcessGroup;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where it serves, for `status`. */
  readonly port?: number;
  /** Where it answers `/readyz` and `/metrics`. */
  readonly adminPort?: number;
  /** After SIGTERM and this long, SIGKILL. */
  readonly stopLimitMs: number;
  readonly isReady: () => Promise<boolean>;
  /** What only a new start mends, asked now and then while it runs; undefined when all is well. */
  readonly findFault?: () => Promise<string | undefined>;
}

/** True once a URL answers 200; any failure to answer is "not yet". */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
