/** The traces of sampled commands on their way from the log to the event stream. */

import type { CommandPosition, Position } from "@exchange/streams/contract";
import { commandPosition } from "@exchange/streams/contract";
import type { Telemetry } from "@exchange/streams/runtime";
import { formatTraceparent } from "@exchange/streams/runtime";

import { FRAME_TRACES_MAX } from "./frames.ts";
import type { LoggedRecord } from "./logged-record.ts";

/** Past this many, further ones go untraced: sampling is for seeing, and memory is for orders. */
const OPEN_TRACES_MAX = 10_000;

interface OpenTrace {
  readonly traceparent: string;
  readonly end: () => void;
}

export class CommandTraces {
  readonly #telemetry: Pick<Telemetry, "startSpan">;
  /** In order of command, since commands arrive in order. */
  readonly #open = new Map<CommandPosition, OpenTrace>();

  constructor(telemetry: Pick<Telemetry, "startSpan">) {
    this.#telemetry = telemetry;
  }

  /** Opens a span for each sampled command of a record; it ends when its events are stored. */
  start({ sequence, record: { traces } }: LoggedRecord): void {
    if (traces === undefined) return;
    for (const [index, traceparent] of Object.entries(traces)) {
      if (this.#open.size >= OPEN_TRACES_MAX) return;
      const span = this.#telemetry.startSpan("engine.match", traceparent);
      this.#open.set(commandPosition(sequence, Number(index)), {
        traceparent: span === undefined ? traceparent : formatTraceparent(span),
        end: () => span?.end(),
      });
    }
  }

  /** The traceparents of the commands that end within a frame, for its readers. */
  forFrame(to: Position): Record<string, string> {
    const traces: Record<string, string> = {};
    let count = 0;
    for (const [command, { traceparent }] of this.#open) {
      if (command > to.command || count === FRAME_TRACES_MAX) break;
      traces[command] = traceparent;
      count += 1;
    }
    return traces;
  }

  /** The events up to here are stored. */
  endThrough({ command: last }: Position): void {
    for (const [command, { end }] of this.#open) {
      if (command > last) return;
      end();
      this.#open.delete(command);
    }
  }
}
