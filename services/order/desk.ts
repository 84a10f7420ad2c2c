/** One market in this process: its definition, its writer, and what waits for its engine. */

import type { Market, MarketId } from "@exchange/streams/contract";
import type { Appender } from "@exchange/streams/runtime";

import type { FindRow } from "./find-row.ts";
import type { RecentOrders } from "./recent-orders.ts";
import type { Verdicts } from "./verdicts.ts";

export interface Desk {
  /** The current definition. Tick, lot and scales never change; version, fees and state do. */
  readonly market: Market;
  readonly appender: Appender;
  readonly verdicts: Verdicts;
  readonly recent: RecentOrders;
  readonly findRow: FindRow;
  /** Whether the command log has room for placements; cancels may use the rest. */
  readonly hasRoom: boolean;
  /** How much of the command log's size limit is used, 0 to 1. */
  readonly logUsedShare: number;
  readonly placing: InFlight;
  readonly cancelling: InFlight;
}

export type Desks = ReadonlyMap<MarketId, Desk>;

/** Requests being worked on, and where more of them are turned away. */
export class InFlight {
  readonly #max: number;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  /** Undefined, and no work done, when there are too many. */
  admit<Value>(work: () => Promise<Value>): Promise<Value> | undefined {
    if (this.#count >= this.#max) return undefined;
    this.#count += 1;
    return work().finally(() => {
      this.#count -= 1;
    });
  }
}
