/** What the processes of `bench feed` tell each other. */

import type { CpuUse } from "../cpu.ts";

export interface Crowd {
  readonly clients: number;
  readonly framesPerSecond: number;
}

export interface CrowdFigures extends Crowd {
  /** Updates that all clients together got. */
  readonly messagesPerSecond: number;
  /** Updates that did not start where the one before ended. */
  readonly lost: number;
  readonly resnapshots: number;
  readonly closed: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly kilobytesPerClient: number;
  readonly cpuCores: readonly CpuUse[];
}

/** Starts the line with the figures, among whatever else is printed. */
export const FIGURES_PREFIX = "figures ";

/** To a process of clients. */
export interface ClientsOrder {
  readonly url: string;
  readonly market: string;
  readonly clients: number;
}

/** From a process of clients: all have a snapshot. */
export interface ClientsReady {
  readonly kind: "ready";
}

/** From a process of clients that was told to stop. */
export interface ClientsReport {
  readonly kind: "report";
  readonly updates: number;
  readonly lost: number;
  readonly resnapshots: number;
  readonly closed: number;
  /** Of some clients, each update: the command it ends with, and when it was there, ms since 1970. */
  readonly seen: readonly (readonly (readonly [command: number, atMs: number])[])[];
}

/** Since 1970, finer than `Date.now()`. The processes share one machine's clock. */
export function preciseNowMs(): number {
  return performance.timeOrigin + performance.now();
}
