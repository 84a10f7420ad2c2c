/** The event log by itself: no hole, no overlap, and frames that say truly what they carry. */

import type { StoredSnapshot } from "@exchange/engine/replay";
import type { Frame, Market, Position } from "@exchange/streams/contract";
import { formatPosition, GENESIS } from "@exchange/streams/contract";

import type { LoggedFrame } from "../audit-streams.ts";
import { Check } from "../check.ts";

export class FrameChecks {
  readonly continuity: Check;
  readonly #market: Market;
  #sequence = 0;
  #to: Position = GENESIS;
  #complete = true;
  #timeMs = 0;

  /** `start`: what the first of the epochs began with, unless it is the market's first one. */
  constructor(market: Market, start?: StoredSnapshot) {
    this.#market = market;
    if (start !== undefined) {
      this.#sequence = start.anchorSequence;
      this.#to = start.replica.position;
      this.#timeMs = start.replica.timeMs;
    }
    this.continuity = new Check(`${market.market}: the event log has no gap`);
  }

  frame({ sequence, epoch, frame }: LoggedFrame): void {
    const check = this.continuity;
    const where = `${this.#market.market} frame ${sequence}`;
    check.examine();
    check.expectEqual(where, ["the sequence", sequence, this.#sequence + 1]);
    check.expectEqual(where, ["the market", frame.market, this.#market.market]);
    check.expectEqual(where, ["the epoch", frame.epoch, epoch]);
    check.expectEqual(where, ["from", formatPosition(frame.from), formatPosition(this.#to)]);
    const last = frame.events.at(-1);
    if (last === undefined) check.violate(where, "it carries no event");
    else {
      check.expectEqual(where, ["to", formatPosition(frame.to), formatPosition(last)]);
      check.expectEqual(where, ["its time", frame.timeMs, last.timeMs]);
    }
    if (frame.timeMs < this.#timeMs) check.violate(where, `time steps back from ${this.#timeMs}`);
    this.#checkEvents(frame, where);
    this.#sequence = sequence;
    this.#to = frame.to;
    this.#complete = frame.complete;
    this.#timeMs = frame.timeMs;
  }

  #checkEvents({ events }: Frame, where: string): void {
    let previous = this.#to;
    for (const [place, event] of events.entries()) {
      const continues = event.command === previous.command;
      const follows = continues
        ? event.index === previous.index + 1
        : event.command > previous.command && event.index === 0;
      if (!follows) {
        const [next, before] = [formatPosition(event), formatPosition(previous)];
        this.continuity.violate(where, `${next} follows ${before}`);
      }
      if (place === 0 && continues === this.#complete) {
        const said = this.#complete ? "complete" : "not complete";
        this.continuity.violate(where, `the frame before calls ${previous.command} ${said}`);
      }
      previous = event;
    }
  }
}
