/** What the parts of one market's engine share. */

import type { MarketId, Position } from "@exchange/streams/contract";
import type { Telemetry } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import type { EngineMetrics } from "./metrics.ts";
import type { Replica } from "./replica.ts";
import type { SnapshotMaker } from "./snapshot-maker.ts";
import type { SnapshotStore } from "./snapshot.ts";

export interface EngineDeps {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly snapshots: SnapshotStore;
  readonly makeSnapshot: SnapshotMaker;
  readonly telemetry: Pick<Telemetry, "logger" | "startSpan">;
  readonly metrics: EngineMetrics;
  /** This process, for people who look: `engine-1`. */
  readonly instance: string;
  /** Commands between two snapshots of a standby; an active engine waits twice as long. */
  readonly snapshotEveryCommands: number;
}

export interface MarketContext extends EngineDeps {
  readonly market: MarketId;
  readonly epoch: number;
  /** Whether it is this process's turn to publish, as far as it knows. */
  readonly isFirst: () => boolean;
}

/** Where an engine starts reading. */
export interface StartPoint {
  /** At the snapshot, or empty. Whoever starts from it owns it. */
  readonly replica: Replica;
  /** Where the last frame in front of those ends; undefined where that is not known. */
  readonly eventsTo: Position | undefined;
  /** Sequences in front of the first record and the first frame to be read. */
  readonly commandsAfter: number;
  readonly eventsAfter: number;
}
