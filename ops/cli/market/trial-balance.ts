/** What a market's open orders can spend, beside what the ledger has set aside for them. */

import type { TrialBalance } from "@exchange/engine/checkpoint";
import type { Market, MarketId } from "@exchange/streams/contract";
import { holdAmount, holdAsset } from "@exchange/streams/contract";

import { numberOf, openMysqlSnapshot, textOf, unitsOf } from "../../audit/read/mysql-snapshot.ts";
import { Failure } from "../../setup/failure.ts";

/**
 * Refuses where they differ. Settlement stands at the end of the market's epoch, or has gone on into the next.
 * `walletUrl`: with the database.
 */
export async function agreeWithLedger(
  walletUrl: string,
  market: Market,
  balance: TrialBalance,
): Promise<void> {
  const { epoch, held } = await readHeld(walletUrl, market.market);
  // Somebody else rotated meanwhile, and has compared them.
  if (epoch > market.epoch) return;
  for (const difference of compareTrialBalance(market, balance, held)) {
    throw new Failure(`${market.market}: ${difference}; an audit says which holds.`);
  }
}

interface Held {
  /** Where settlement stands: in the next one from the first part of its first frame on. */
  readonly epoch: number;
  /** The sum of live holds by asset. */
  readonly held: ReadonlyMap<string, bigint>;
}

/** Both as they were at one moment: settlement moves cursor and holds together. */
async function readHeld(url: string, market: MarketId): Promise<Held> {
  const snapshot = await openMysqlSnapshot(url);
  try {
    const [cursor] = await snapshot.rows(
      `select epoch from settlement_cursors where market = '${market}'`,
    );
    const sums = await snapshot.rows(
      `select asset, sum(remaining) as remaining from holds where market = '${market}' and state = 'LIVE' group by asset`,
    );
    const held = new Map(sums.map((row) => [textOf(row, "asset"), unitsOf(row, "remaining")]));
    return { epoch: cursor === undefined ? 0 : numberOf(cursor, "epoch"), held };
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
