/** One measured limit of this machine. */

import type { ClosedLoopResult } from "../closed-loop.ts";

export interface Limit extends ClosedLoopResult {
  readonly name: string;
}

/** Seconds each measurement takes. */
export interface LimitOptions {
  readonly seconds: number;
}
