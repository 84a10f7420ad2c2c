/**
 * The engine's verdicts of one market, as they pass on core NATS: whoever waits for a command gets all
 * of its events once it is complete. A message that was missed costs the wait, never a wrong answer.
 */

import type {
  CommandPosition,
  Frame,
  MarketEvent,
  Position,
  PriceTicks,
} from "@exchange/streams/contract";
import { samePosition } from "@exchange/streams/contract";

/** After it the client is told the id and asks later. */
export const VERDICT_WAIT_MS = 1000;
/** Frames kept for a wait that begins after its verdict has passed. */
const FRAMES_KEPT = 32;

/** All events of the command, or undefined when they did not come in time or were missed. */
export type Verdict = readonly MarketEvent[] | undefined;

export interface Verdicts {
  wait(command: CommandPosition): Promise<Verdict>;
  take(frame: Frame): void;
  /** Ends the waits that have lasted too long. */
  sweep(nowMs: number): void;
  /** Engine time of the newest frame seen, ms; zero before the first. */
  readonly lastTimeMs: number;
  readonly lastPrice: PriceTicks | undefined;
  readonly waiting: number;
}

/** What is known from before this process started. */
export interface VerdictsStart {
  readonly lastTimeMs: number;
  readonly lastPrice: PriceTicks | undefined;
}

interface Wait {
  readonly events: MarketEvent[];
  readonly untilMs: number;
  readonly resolve: (verdict: Verdict) => void;
}

export function createVerdicts(start: VerdictsStart): Verdicts {
  return new VerdictBoard(start);
}

class VerdictBoard implements Verdicts {
  lastTimeMs: number;
  lastPrice: PriceTicks | undefined;
  readonly #waits = new Map<CommandPosition, Wait>();
  /** The newest frames, without a gap between them. */
  #frames: Frame[] = [];

  constructor(start: VerdictsStart) {
    this.lastTimeMs = start.lastTimeMs;
    this.lastPrice = start.lastPrice;
  }

  get waiting(): number {
    return this.#waits.size;
  }

  wait(command: CommandPosition): Promise<Verdict> {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    const newest = this.#frames.at(-1);
    if (newest === undefined || newest.to.command < command) {
      this.#begin(command, { events: [], resolve });
      return promise;
    }
    // The verdict was faster than the answer of the log.
    const events = this.#eventsKept(command);
    const complete = newest.to.command > command || newest.complete;
    if (events === undefined || complete) resolve(events);
    else this.#begin(command, { events, resolve });
    return promise;
  }

  take(frame: Frame): void {
    const newest = this.#frames.at(-1);
    if (newest === undefined || !samePosition(newest.to, frame.from)) this.#miss(frame.from);
    this.#frames.push(frame);
    if (this.#frames.length > FRAMES_KEPT) this.#frames.shift();
    this.lastTimeMs = Math.max(this.lastTimeMs, frame.timeMs);
    let command: CommandPosition | undefined;
    for (const event of frame.events) {
      if (event.kind === "Trade") this.lastPrice = event.priceTicks;
      if (command !== undefined && event.command !== command) this.#complete(command);
      ({ command } = event);
      this.#waits.get(command)?.events.push(event);
    }
    if (command !== undefined && frame.complete) this.#complete(command);
  }

  sweep(nowMs: number): void {
    // Waits stand in the order in which they began.
    for (const [command, wait] of this.#waits) {
      if (wait.untilMs > nowMs) return;
      this.#waits.delete(command);
      wait.resolve(undefined);
    }
  }

  #begin(command: CommandPosition, wait: Omit<Wait, "untilMs">): void {
    this.#waits.set(command, { ...wait, untilMs: performance.now() + VERDICT_WAIT_MS });
  }

  #complete(command: CommandPosition): void {
    const wait = this.#waits.get(command);
    if (wait === undefined) return;
    this.#waits.delete(command);
    wait.resolve(wait.events);
  }

  /** The command's events so far, or undefined when its first ones are not kept any more. */
  #eventsKept(command: CommandPosition): MarketEvent[] | undefined {
    const first = this.#frames[0];
    if (first === undefined || first.from.command >= command) return undefined;
    return this.#frames.flatMap((frame) =>
      frame.events.filter((event) => event.command === command),
    );
  }

  /** Frames before `from` were not seen: what they could have told is lost. */
  #miss(from: Position): void {
    this.#frames = [];
    for (const [command, wait] of this.#waits) {
      if (command > from.command) continue;
      this.#waits.delete(command);
      wait.resolve(undefined);
    }
  }
}
