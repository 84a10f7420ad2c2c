/**
 * What this engine knows of the event log, against what it decided itself. Pure. Frames arrive by
 * reading and, for an active engine, by the answer to a publish, whichever is first.
 */

import { formatHash } from "@exchange/streams";
import type { Position } from "@exchange/streams/contract";
import { assert, samePosition } from "@exchange/streams/contract";

import type { FrameHead, FrameOrigin, ReadFrame } from "./frames.ts";
import { carriesEvents } from "./frames.ts";
import type { PendingEvents } from "./pending-events.ts";

/** This engine and the event log do not agree. Somebody's state is wrong; nobody may go on from it. */
export class Mismatch extends Error {
  readonly position: Position;

  constructor(market: string, position: Position, reason: string) {
    super(`market ${market} at ${position.command}-${position.index}: ${reason}`);
    this.position = position;
  }
}

interface SeenFrame extends ReadFrame {
  readonly sequence: number;
}

/** A frame of this engine, by where it stands or was meant to stand. */
interface OwnFrame {
  readonly sequence: number;
  readonly hashAtTo: string;
}

export interface Agreement {
  readonly sequence: number;
  readonly to: Position;
  /** Written by this engine. */
  readonly own: boolean;
}

export interface ViewOptions extends FrameOrigin {
  readonly pending: PendingEvents;
  /** The last frame in front of those that come. */
  readonly sequence: number;
  /** Where that frame ends; undefined where that is not known. */
  readonly to: Position | undefined;
}

export class EventLogView {
  readonly #origin: FrameOrigin;
  readonly #pending: PendingEvents;
  readonly #ahead: SeenFrame[] = [];
  #aheadBytes = 0;
  #sequence: number;
  #to: Position | undefined;
  #sent: OwnFrame | undefined;
  #stored: OwnFrame | undefined;

  constructor({ market, epoch, pending, sequence, to }: ViewOptions) {
    this.#origin = { market, epoch };
    this.#pending = pending;
    this.#sequence = sequence;
    this.#to = to;
  }

  /** The last frame known, and agreed with. A publish is fenced by it. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Where that frame ends. Unknown behind a snapshot, until a frame was agreed with. */
  get to(): Position | undefined {
    return this.#to;
  }

  /** Frames read that reach past what this engine has decided so far. */
  get ahead(): number {
    return this.#ahead.length;
  }

  /** What those frames weigh. */
  get aheadBytes(): number {
    return this.#aheadBytes;
  }

  /** A frame of ours is on its way to the place behind the last one known. */
  sent({ hashAtTo }: Pick<FrameHead, "hashAtTo">): void {
    this.#sent = { sequence: this.#sequence + 1, hashAtTo };
  }

  /** The server stored a frame of ours. Undefined when its echo was faster than the answer. */
  stored(sequence: number, frame: Pick<FrameHead, "to" | "hashAtTo">): Agreement | undefined {
    this.#stored = { sequence, hashAtTo: frame.hashAtTo };
    if (sequence <= this.#sequence) return undefined;
    assert(sequence === this.#sequence + 1, "a fenced frame stands behind the last one known");
    return this.#agree({ sequence, to: frame.to, own: true });
  }

  /** A frame was read from the log. */
  read(sequence: number, frame: ReadFrame): void {
    if (sequence > this.#sequence) {
      this.#ahead.push({ ...frame, sequence });
      this.#aheadBytes += frame.bytes.length;
      return;
    }
    if (sequence === this.#stored?.sequence && frame.hashAtTo !== this.#stored.hashAtTo) {
      throw new Mismatch(frame.market, frame.to, "the log has another frame than was published");
    }
  }

  /** Compares the frames read with what was decided, as far as that goes. Throws a `Mismatch`. */
  compare(decided: Position): Agreement[] {
    const agreements: Agreement[] = [];
    for (;;) {
      const [frame] = this.#ahead;
      if (frame === undefined) return agreements;
      if (frame.to.command > decided.command) {
        this.#assertRoom(frame);
        return agreements;
      }
      this.#ahead.shift();
      this.#aheadBytes -= frame.bytes.length;
      if (frame.sequence <= this.#sequence) continue;
      this.#assertSame(frame);
      const { sequence, to, hashAtTo } = frame;
      const own = this.#sent?.sequence === sequence && this.#sent.hashAtTo === hashAtTo;
      agreements.push(this.#agree({ sequence, to, own }));
    }
  }

  /** A frame that ends behind all that is pending carries it. Otherwise one would wait for it with ever more. */
  #assertRoom({ market, to, sequence, bytes }: SeenFrame): void {
    if (this.#pending.characters <= bytes.length) return;
    throw new Mismatch(
      market,
      to,
      `frame ${sequence} is smaller than what was decided before its end`,
    );
  }

  #assertSame({ market, from, to, sequence, bytes, ...head }: SeenFrame): void {
    if (sequence !== this.#sequence + 1) {
      throw new Mismatch(market, to, `frame ${sequence} follows frame ${this.#sequence}`);
    }
    if (this.#to !== undefined && !samePosition(from, this.#to)) {
      throw new Mismatch(market, from, `frame ${sequence} does not start where the last one ended`);
    }
    const point = this.#pending.pointAt(to);
    if (point === undefined) throw new Mismatch(market, to, "no such event was decided here");
    if (formatHash(point.hash) !== head.hashAtTo) {
      throw new Mismatch(market, to, "the running hashes differ");
    }
    const { epoch, complete, timeMs, dueMs } = head;
    if (market !== this.#origin.market || epoch !== this.#origin.epoch) {
      throw new Mismatch(
        this.#origin.market,
        to,
        `frame ${sequence} is of ${market}'s epoch ${epoch}`,
      );
    }
    if (complete !== point.completes || timeMs !== point.timeMs || dueMs !== point.dueMs) {
      throw new Mismatch(market, to, `frame ${sequence} does not say of its end what is true`);
    }
    const texts = this.#pending.textsThrough(to);
    // Behind a snapshot the first frame may begin before it.
    if (!carriesEvents(bytes, { texts, isTail: this.#to === undefined })) {
      throw new Mismatch(market, to, `frame ${sequence} has another text than its hash`);
    }
  }

  #agree(agreement: Agreement): Agreement {
    this.#sequence = agreement.sequence;
    this.#to = agreement.to;
    this.#pending.dropThrough(agreement.to);
    return agreement;
  }
}
