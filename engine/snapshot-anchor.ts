/** Finds the frame that vouches for a snapshot: the first one that reaches its position. Pure. */

import type { Position } from "@exchange/streams/contract";
import { comparePositions } from "@exchange/streams/contract";

import type { ReplicaSnapshot } from "./replica.ts";
import type { StoredSnapshot } from "./snapshot.ts";

/** A frame that was agreed with. Where it ends is unknown when it was never read, behind a snapshot. */
export interface AgreedFrame {
  readonly sequence: number;
  readonly to: Position | undefined;
}

export class SnapshotAnchor {
  /** Taken, and not yet reached by the event log. */
  #captured: ReplicaSnapshot | undefined;

  get isWaiting(): boolean {
    return this.#captured !== undefined;
  }

  /** `last`: the last frame agreed with. It may reach the snapshot already. */
  capture(replica: ReplicaSnapshot, last: AgreedFrame): StoredSnapshot | undefined {
    this.#captured = replica;
    return this.agreed(last);
  }

  /** Called for each frame in turn, since the first one to reach the snapshot vouches for it. */
  agreed({ sequence, to }: AgreedFrame): StoredSnapshot | undefined {
    const replica = this.#captured;
    if (replica === undefined || to === undefined) return undefined;
    if (comparePositions(to, replica.position) < 0) return undefined;
    this.#captured = undefined;
    return { v: 1, anchorSequence: sequence, replica };
  }
}
