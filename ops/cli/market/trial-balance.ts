/** What a market's open orders can spend, beside what the ledger has set aside for them. */

import type { TrialBalance } from "@exchange/engine/checkpoint";
import { stream } from "@exchange/streams";
import type { Market, MarketId } from "@exchange/streams/contract";
import { holdAmount, holdAsset } from "@exchange/streams/contract";

import { openMysqlSnapshot, textOf, unitsOf } from "../../audit/read/mysql-snapshot.ts";
import { cursorOf, cursorTables, readCursors } from "../../audit/read/wallet.ts";
import type { Exchange } from "../../exchange/connect.ts";
import { lastSequence } from "../../exchange/read-log.ts";
import { Failure } from "../../setup/failure.ts";

/** Refuses where they differ. Settlement stands at the end of the market's epoch, or has gone on into the next. */
export async function agreeWithLedger(
  { connection, running }: Exchange,
  market: Market,
  balance: TrialBalance,
): Promise<void> {
  const last = await lastSequence(connection, stream.events(market.market, market.epoch));
  const { sequence, held } = await readHeld(`${running.mysqlUrl}/exchange_wallet`, market.market);
  // Somebody else rotated meanwhile, and has compared them.
  if (sequence > last) return;
  for (const difference of compareTrialBalance(market, balance, held)) {
    throw new Failure(`${market.market}: ${difference}; an audit says which holds.`);
  }
}

interface Held {
  /** Of the last frame that is settled. */
  readonly sequence: number;
  /** The sum of live holds by asset. */
  readonly held: ReadonlyMap<string, bigint>;
}

/** Both as they were at one moment: settlement moves cursor and holds together. */
async function readHeld(url: string, market: MarketId): Promise<Held> {
  const snapshot = await openMysqlSnapshot(url);
  try {
    const cursors = await readCursors(snapshot, cursorTables.settlement);
    const sums = await snapshot.rows(
      `select asset, sum(remaining) as remaining from holds where market = '${market}' and state = 'LIVE' group by asset`,
    );
    const held = new Map(sums.map((row) => [textOf(row, "asset"), unitsOf(row, "remaining")]));
    return { sequence: cursorOf(cursors, market).sequence, held };
  } finally {
    await snapshot.end();
  }
}

/** What differs, a line an asset. `held`: the sum of live holds by asset. */
export function* compareTrialBalance(
  market: Market,
  balance: TrialBalance,
  held: ReadonlyMap<string, bigint>,
): Generator<string> {
  for (const side of ["buy", "sell"] as const) {
    const asset = holdAsset(market, side);
    const wanted = holdAmount(market, side, 1) * BigInt(balance[side]);
    const found = held.get(asset) ?? 0n;
    if (found !== wanted) {
      yield `open orders can spend ${wanted} units of ${asset}, and their holds have ${found}`;
    }
  }
}
