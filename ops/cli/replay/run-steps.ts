/** Sends a plan's steps in their order and measures each of them. */

import { appendFileSync } from "node:fs";

import type { Session } from "../../http/session.ts";
import type { ReplayStep } from "./plan.ts";
import type { StepOutcome } from "./send-step.ts";
import { sendStep } from "./send-step.ts";

export interface StepsInput {
  readonly market: string;
  readonly steps: readonly ReplayStep[];
  readonly sessions: readonly Session[];
  /**
   * Steps in flight. With 1 the log keeps the order of the file. With more only a cancel still
   * waits for its order, which is enough to load the exchange and not to compare trades.
   */
  readonly window: number;
  /** JSON lines of acknowledged orders are added here. */
  readonly acksFile?: string | undefined;
  readonly onStep?: (done: number) => void;
  /** Once aborted no further step is sent; those in flight still get their answer. */
  readonly stopping?: AbortSignal;
}

export interface StepsResult {
  readonly ordersCommitted: number;
  readonly cancelsCommitted: number;
  /** Answers that committed nothing, by code. */
  readonly answered: Readonly<Record<string, number>>;
  readonly latenciesMs: number[];
  readonly elapsedMs: number;
  /** `<MARKET>:<position>` of the first and the last commit in the log. */
  readonly firstAt?: string;
  readonly lastAt?: string;
}

export async function runSteps(input: StepsInput): Promise<StepsResult> {
  const tally = createTally(input);
  const startedMs = performance.now();
  let next = 0;
  let done = 0;
  const placing = new Map<string, Promise<void>>();

  async function perform(step: ReplayStep): Promise<void> {
    const session = input.sessions[step.trader];
    if (session === undefined) throw new Error(`trader ${step.trader} has no session`);
    const sentMs = performance.now();
    const outcome = await sendStep(session, input.market, step);
    tally.add(step, outcome, performance.now() - sentMs);
    done += 1;
    input.onStep?.(done);
  }

  async function work(): Promise<void> {
    for (;;) {
      const step = input.steps[next];
      if (step === undefined || input.stopping?.aborted === true) return;
      next += 1;
      if (step.kind === "cancel") await placing.get(step.clientOrderId);
      const performed = perform(step);
      if (step.kind === "place" && input.window > 1) placing.set(step.clientOrderId, performed);
      await performed;
      placing.delete(step.clientOrderId);
    }
  }

  await Promise.all(Array.from({ length: input.window }, work));
  return { ...tally.result(), elapsedMs: performance.now() - startedMs };
}

interface Tally {
  add(step: ReplayStep, outcome: StepOutcome, latencyMs: number): void;
  result(): Omit<StepsResult, "elapsedMs">;
}

function createTally({ market, sessions, acksFile }: StepsInput): Tally {
  const committed = { place: 0, cancel: 0 };
  const answered: Record<string, number> = {};
  const latenciesMs: number[] = [];
  let first = Infinity;
  let last = 0;
  return {
    add(step, outcome, latencyMs) {
      latenciesMs.push(latencyMs);
      if (outcome.kind === "answered") {
        answered[outcome.code] = (answered[outcome.code] ?? 0) + 1;
        return;
      }
      committed[step.kind] += 1;
      const position = Number(outcome.at.split(":")[1]);
      first = Math.min(first, position);
      last = Math.max(last, position);
      if (step.kind === "cancel" || acksFile === undefined) return;
      const { clientOrderId, trader } = step;
      const email = sessions[trader]?.email;
      const ack = { market, clientOrderId, orderId: outcome.orderId, email };
      // Written before the next step is sent: an acknowledgement that was seen is on record.
      appendFileSync(acksFile, `${JSON.stringify(ack)}\n`);
    },
    result: () => ({
      ordersCommitted: committed.place,
      cancelsCommitted: committed.cancel,
      answered,
      latenciesMs,
      ...(last === 0 ? {} : { firstAt: `${market}:${first}`, lastAt: `${market}:${last}` }),
    }),
  };
}
