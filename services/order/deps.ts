/** What the use cases work with. */

import type { Telemetry } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import type { Desks } from "./desk.ts";
import type { FeeVolumes } from "./fee-volumes.ts";
import type { HoldFunds } from "./hold-funds.ts";
import type { OrderMetrics } from "./metrics.ts";
import type { CursorWatch } from "./projection/cursor-watch.ts";
import type { IsOpen } from "./session-tie.ts";
import type { Db } from "./tables.ts";

export interface OrderDeps {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly db: Db;
  readonly desks: Desks;
  readonly holdFunds: HoldFunds;
  readonly isSessionOpen: IsOpen;
  readonly fees: Pick<FeeVolumes, "ratesOf">;
  readonly cursors: CursorWatch;
  readonly telemetry: Pick<Telemetry, "traced" | "logger">;
  readonly metrics: OrderMetrics;
}
