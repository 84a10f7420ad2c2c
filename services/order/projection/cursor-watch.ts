/**
 * Reading one's writes: waiting until a command is in the tables. The process that projects the market
 * tells at once; any other one looks at the cursor's row while somebody waits.
 */

import type { CommandPosition, MarketId, MarketPosition } from "@exchange/streams/contract";

import type { Db } from "../tables.ts";
import type { Cursor } from "./cursor.ts";
import { hasPassed, readCursor } from "./cursor.ts";

const WAIT_MS = 1000;
const POLL_MS = 20;

export interface CursorWatch {
  /** True once the command is in completely; false when that took more than a second. */
  passed(at: MarketPosition): Promise<boolean>;
  /** True once the frame with that sequence of the event log is in; false when that took more than a second. */
  reached(market: MarketId, sequence: number): Promise<boolean>;
  /** Every command up to there is in the tables; undefined where this process has not looked yet. */
  completeTo(market: MarketId): CommandPosition | undefined;
  /** A cursor that was committed. */
  moved(market: MarketId, cursor: Cursor): void;
}

export function createCursorWatch(db: Db): CursorWatch {
  const known = new Map<MarketId, Cursor>();
  const polls = new Map<MarketId, Promise<void>>();
  const moves = new Map<MarketId, PromiseWithResolvers<void>>();

  function moved(market: MarketId, cursor: Cursor): void {
    const before = known.get(market);
    if (before !== undefined && before.sequence >= cursor.sequence) return;
    known.set(market, cursor);
    moves.get(market)?.resolve();
    moves.delete(market);
  }

  /** The next step of the market's cursor that this process hears of. */
  async function nextMove(market: MarketId): Promise<void> {
    const move = moves.get(market) ?? Promise.withResolvers<void>();
    moves.set(market, move);
    await move.promise;
  }

  /** One look at the row serves everybody who waits for that market. */
  async function poll(market: MarketId): Promise<void> {
    const running = polls.get(market);
    if (running !== undefined) return await running;
    const next = (async () => {
      const cursor = await readCursor(db, market);
      if (cursor !== undefined) moved(market, cursor);
    })().finally(() => polls.delete(market));
    polls.set(market, next);
    await next;
  }

  async function waitUntil(market: MarketId, hasIt: (cursor: Cursor) => boolean): Promise<boolean> {
    const isThere = (): boolean => {
      const cursor = known.get(market);
      return cursor !== undefined && hasIt(cursor);
    };
    const untilMs = performance.now() + WAIT_MS;
    while (!isThere()) {
      await poll(market);
      if (isThere()) break;
      if (performance.now() + POLL_MS > untilMs) return false;
      await Promise.race([Bun.sleep(POLL_MS), nextMove(market)]);
    }
    return true;
  }

  return {
    moved,
    completeTo(market) {
      const cursor = known.get(market);
      if (cursor === undefined) return undefined;
      const { position, complete } = cursor;
      return complete ? position.command : position.command - 1;
    },
    passed: ({ market, position }) => waitUntil(market, (cursor) => hasPassed(cursor, position)),
    reached: (market, sequence) => waitUntil(market, (cursor) => cursor.sequence >= sequence),
  };
}
