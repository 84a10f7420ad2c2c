/**
 * The event log against its commands: played again they must give the same events, the same running hash
 * and, in the naive book, the same once more.
 */

import type { ChainedEvent } from "@exchange/engine/replay";
import { formatHash } from "@exchange/streams";
import type { CommandRecord, Frame, MarketEvent, MarketId } from "@exchange/streams/contract";
import { COMMANDS_PER_RECORD, formatPosition } from "@exchange/streams/contract";

import { Check } from "../check.ts";

type TwinEvent = Pick<ChainedEvent, "event" | "text">;

export class ReplayChecks {
  readonly commands: Check;
  readonly events: Check;
  readonly chain: Check;
  readonly twin: Check;
  #sequence: number;

  /** `after`: sequence of the record before the first one. */
  constructor(market: MarketId, after = 0) {
    this.#sequence = after;
    this.commands = new Check(`${market}: the command log has no gap`);
    this.events = new Check(`${market}: events = the commands played again`);
    this.chain = new Check(`${market}: running hashes = recomputed`);
    this.twin = new Check(`${market}: the naive book decides the same`);
  }

  record(sequence: number, { commands }: CommandRecord): void {
    const where = `record ${sequence}`;
    this.commands.examine(commands.length);
    this.commands.expectEqual(where, ["the sequence", sequence, this.#sequence + 1]);
    if (commands.length === 0 || commands.length > COMMANDS_PER_RECORD) {
      this.commands.violate(where, `it carries ${commands.length} commands`);
    }
    this.#sequence = sequence;
  }

  /** Returns whether the log agrees; past a difference nothing can. */
  event(logged: MarketEvent, replayed: ChainedEvent | undefined): boolean {
    this.events.examine();
    const where = formatPosition(logged);
    if (replayed === undefined) {
      this.events.violate(where, "no command leads to it");
      return false;
    }
    const text = JSON.stringify(logged);
    if (text === replayed.text) return true;
    this.events.violate(where, `the log says ${text}, the commands ${replayed.text}`);
    return false;
  }

  /** `last` is the replayed event that stands where the frame ends. */
  frameEnd(frame: Frame, last: ChainedEvent): void {
    const where = formatPosition(frame.to);
    this.chain.examine();
    this.chain.expectEqual(where, ["the hash", frame.hashAtTo, formatHash(last.hash)]);
    this.chain.expectEqual(where, ["complete", frame.complete, last.completes]);
    this.chain.expectEqual(where, ["what is due", frame.dueMs, last.dueMs]);
  }

  /** The events of one record, from both books. */
  compareTwin(fast: readonly TwinEvent[], naive: readonly TwinEvent[]): void {
    this.twin.examine(fast.length);
    for (const [index, { event, text }] of fast.entries()) {
      const other = naive[index]?.text;
      if (other === text) continue;
      this.twin.violate(formatPosition(event), `fast ${text}, naive ${other ?? "nothing"}`);
    }
    if (naive.length > fast.length) {
      this.twin.violate(`after ${fast.length} events`, "the naive book has more to say");
    }
  }
}
