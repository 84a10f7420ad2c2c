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
/** Verdicts kept for a wait that begins after they have passed: the log's answer may be the slower one. */
export const VERDICTS_KEPT = 2048;

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
  readonly untilMs: number;
  readonly resolve: (verdict: Verdict) => void;
}

interface CommandEvents {
  readonly command: CommandPosition;
  readonly events: MarketEvent[];
}

export function createVerdicts(start: VerdictsStart): Verdicts {
  return new VerdictBoard(start);
}

class VerdictBoard implements Verdicts {
  lastTimeMs: number;
  lastPrice: PriceTicks | undefined;
  readonly #waits = new Map<CommandPosition, Wait>();
  /** Complete commands that nobody waited for yet, oldest first. */
  readonly #passed = new Map<CommandPosition, readonly MarketEvent[]>();
  /** The command that the events stand in, if they were seen from its first one on. */
  #current: CommandEvents | undefined;
  #newest: Pick<Frame, "to" | "complete"> | undefined;

  constructor(start: VerdictsStart) {
    this.lastTimeMs = start.lastTimeMs;
    this.lastPrice = start.lastPrice;
  }

  get waiting(): number {
    return this.#waits.size;
  }

  wait(command: CommandPosition): Promise<Verdict> {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    if (this.#isOver(command)) {
      resolve(this.#passed.get(command));
      this.#passed.delete(command);
    } else {
      this.#waits.set(command, { resolve, untilMs: performance.now() + VERDICT_WAIT_MS });
    }
    return promise;
  }

  take(frame: Frame): void {
    const { from, to, complete, timeMs } = frame;
    if (this.#newest === undefined || !samePosition(this.#newest.to, from)) this.#miss(from);
    for (const event of frame.events) {
      if (event.kind === "Trade") this.lastPrice = event.priceTicks;
      if (event.index === 0) this.#begin(event);
      else if (this.#current?.command === event.command) this.#current.events.push(event);
    }
    if (complete) this.#finish();
    this.#newest = { to, complete };
    this.lastTimeMs = Math.max(this.lastTimeMs, timeMs);
  }

  sweep(nowMs: number): void {
    // Waits stand in the order in which they began.
    for (const [command, wait] of this.#waits) {
      if (wait.untilMs > nowMs) return;
      this.#waits.delete(command);
      wait.resolve(undefined);
    }
  }

  #isOver(command: CommandPosition): boolean {
    if (this.#newest === undefined) return false;
    const { to, complete } = this.#newest;
    return to.command > command || (to.command === command && complete);
  }

  #begin(event: MarketEvent): void {
    this.#finish();
    this.#current = { command: event.command, events: [event] };
  }

  #finish(): void {
    if (this.#current === undefined) return;
    const { command, events } = this.#current;
    this.#current = undefined;
    const wait = this.#waits.get(command);
    if (wait === undefined) {
      this.#keep(command, events);
    } else {
      this.#waits.delete(command);
      wait.resolve(events);
    }
  }

  #keep(command: CommandPosition, events: readonly MarketEvent[]): void {
    this.#passed.set(command, events);
    if (this.#passed.size <= VERDICTS_KEPT) return;
    for (const oldest of this.#passed.keys()) {
      this.#passed.delete(oldest);
      return;
    }
  }

  /** Frames before `from` were not seen: what they could have told is lost. */
  #miss(from: Position): void {
    this.#current = undefined;
    for (const [command, wait] of this.#waits) {
      if (command > from.command) continue;
      this.#waits.delete(command);
      wait.resolve(undefined);
    }
  }
}
