/** The lines of `ops/status`: what the supervisor recorded, checked against what lives and answers now. */

import { isAlive, type ProcessIdentity } from "./process-identity.ts";
import { answersOk } from "./process-spec.ts";
import type { ProcessStatus, State } from "./state.ts";

export interface ProcessTable {
  readonly lines: readonly string[];
  readonly isHealthy: boolean;
}

export async function describeProcesses(
  state: State | undefined,
  supervisor: ProcessIdentity | undefined,
): Promise<ProcessTable> {
  if (supervisor === undefined) {
    const orphans = (state?.processes ?? []).filter(isAlive);
    if (orphans.length === 0) return { lines: ["The exchange is not running."], isHealthy: false };
    const names = orphans.map(({ name, pid }) => `${name} (${pid})`).join(", ");
    const line = `The supervisor is gone but these still run: ${names}. Stop them with ops/down.`;
    return { lines: [line], isHealthy: false };
  }
  const processes = state?.processes ?? [];
  const states = await Promise.all(processes.map(readActualState));
  const rows = [
    ["NAME", "STATE", "PID", "PORT", "SINCE", "RESTARTS"],
    [
      "supervisor",
      state?.phase ?? "starting",
      String(supervisor.pid),
      "-",
      state?.since ?? "-",
      "0",
    ],
    ...processes.map((process, index) => toRow(process, states[index] ?? "unknown")),
  ];
  const isHealthy = state?.phase === "ready" && states.every((actual) => actual === "running");
  return { lines: alignColumns(rows), isHealthy };
}

async function readActualState(process: ProcessStatus): Promise<string> {
  if (process.state !== "running") return process.state;
  if (!isAlive(process)) return "dead";
  if (process.adminPort === undefined) return "running";
  const isReady = await answersOk(`http://127.0.0.1:${process.adminPort}/readyz`);
  return isReady ? "running" : "not ready";
}

function toRow(process: ProcessStatus, state: string): string[] {
  return [
    process.name,
    state,
    process.pid === 0 ? "-" : String(process.pid),
    String(process.port ?? process.adminPort ?? "-"),
    process.since,
    String(process.restarts),
  ];
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const [first = []] = rows;
  const widths = first.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
