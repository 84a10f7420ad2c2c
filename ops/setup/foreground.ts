/** The supervisor in this process: signals stop it, and its progress goes to the terminal or the parent. */

import { explain } from "./failure.ts";
import type { Home } from "./home.ts";
import type { UpOptions } from "./options.ts";
import { runExchange } from "./run-exchange.ts";
import { welcome } from "./welcome.ts";

/** What a detached supervisor tells the `ops/up --detach` that waits for it. */
export type SupervisorMessage =
  | { readonly kind: "progress"; readonly line: string }
  | { readonly kind: "ready"; readonly text: string }
  | { readonly kind: "failed"; readonly line: string };

export async function runForeground(home: Home, options: UpOptions): Promise<number> {
  const stopping = new AbortController();
  const hurrying = new AbortController();
  const onSignal = (): void => (stopping.signal.aborted ? hurrying.abort() : stopping.abort());
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  try {
    await runExchange({
      home,
      options,
      report: (line) => tell({ kind: "progress", line }),
      onReady: async (ports) => tell({ kind: "ready", text: await welcome(home, ports) }),
      stopping: stopping.signal,
      hurrying: hurrying.signal,
    });
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    tell({ kind: "failed", line: explain(error) });
    return 1;
  }
}

function tell(message: SupervisorMessage): void {
  const isDetached = process.send !== undefined;
  const text = isDetached ? `${new Date().toISOString()} ${lineOf(message)}` : textOf(message);
  if (message.kind === "failed") console.error(text);
  else console.log(text);
  // The parent leaves once it has heard of readiness; what happens later is for the log.
  if (process.connected) process.send?.(message);
}

function textOf(message: SupervisorMessage): string {
  return message.kind === "ready" ? message.text : message.line;
}

/** For the log, which must not keep the demo login. */
function lineOf(message: SupervisorMessage): string {
  return message.kind === "ready" ? "Ready." : message.line;
}
