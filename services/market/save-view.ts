/**
 * Keeping a market's views in Redis equal to the ones in memory, whatever happens to Redis. What is
 * stored behind the memory was lost by Redis and is written anew; what is stored ahead of it was written
 * by another process, which then is the one to follow.
 */

import type { MarketId } from "@exchange/streams/contract";
import type { Redis } from "ioredis";

import type { MarketView } from "./market-view.ts";
import type { Patience } from "./patiently.ts";
import { patiently } from "./patiently.ts";
import type { StoredPosition } from "./view-store.ts";
import { readStoredPosition, sameStored, storedForm, writeViews } from "./view-store.ts";
import type { WriteCommand } from "./write-commands.ts";
import { changeCommands, replaceCommands } from "./write-commands.ts";

export type Saved = "saved" | "superseded";

/** All wait for Redis as long as it takes. */
export interface Saver {
  /** Writes what changed since the last time. */
  save(view: MarketView): Promise<Saved>;
  /** Writes everything, over whatever is there. */
  replace(view: MarketView): Promise<Saved>;
  /** Looks whether Redis still has what was written, and writes it again if not. */
  check(view: MarketView): Promise<Saved>;
}

export interface SaverOptions {
  readonly redis: Redis;
  readonly market: MarketId;
  readonly patience: Patience;
  /** What Redis has now. */
  readonly stored: StoredPosition;
  /** Called when Redis had lost the views. */
  readonly onLoss: (stored: StoredPosition) => void;
}

export function createSaver({ redis, market, patience, stored, onLoss }: SaverOptions): Saver {
  let believed = stored;

  async function settle(view: MarketView, found: StoredPosition): Promise<Saved> {
    const target = storedForm(view.at);
    for (let expected = found; !sameStored(expected, target);) {
      if (Number(expected.sequence) > view.at.sequence) return "superseded";
      onLoss(expected);
      const attempt = { expected, commands: replaceCommands(view) };
      const outcome = await patiently(patience, () => writeViews(redis, market, attempt));
      if (outcome.kind === "written") break;
      expected = outcome.stored;
    }
    believed = target;
    return "saved";
  }

  async function write(view: MarketView, commands: WriteCommand[]): Promise<Saved> {
    const attempt = { expected: believed, commands };
    const outcome = await patiently(patience, () => writeViews(redis, market, attempt));
    if (outcome.kind === "refused") return await settle(view, outcome.stored);
    believed = storedForm(view.at);
    return "saved";
  }

  return {
    save: (view) => write(view, changeCommands(view)),
    replace: (view) => write(view, replaceCommands(view)),
    async check(view) {
      const found = await patiently(patience, () => readStoredPosition(redis, market));
      return sameStored(found, believed) ? "saved" : await settle(view, found);
    },
  };
}
