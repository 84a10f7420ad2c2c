/** What a market's open orders can spend, beside what the ledger has set aside for them. */

import type { TrialBalance } from "@exchange/engine/checkpoint";
import type { Market } from "@exchange/streams/contract";
import { holdAmount, holdAsset } from "@exchange/streams/contract";

import { numberOf, openMysqlSnapshot, unitsOf } from "../../audit/read/mysql-snapshot.ts";
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
  const { epoch, held } = await readHeld(walletUrl, market);
  // Somebody else rotated meanwhile, and has compared them.
  if (epoch > market.epoch) return;
  for (const difference of compareTrialBalance(market, balance, held)) {
    throw new Failure(`${market.market}: ${difference}; an audit says which holds.`);
  }
}

interface Held {
  /** Where settlement stands: in the next one from the first part of its first frame on. */
  readonly epoch: number;
  /** What live holds have together, by asset. */
  readonly held: ReadonlyMap<string, bigint>;
}

async function readHeld(url: string, { market, base, quote }: Market): Promise<Held> {
  const snapshot = await openMysqlSnapshot(url);
  try {
    const [cursor] = await snapshot.rows(
      `select epoch, live_base, live_quote from settlement_cursors where market = '${market}'`,
    );
    if (cursor === undefined) return { epoch: 0, held: new Map() };
    const held = new Map([
      [base, unitsOf(cursor, "live_base")],
      [quote, unitsOf(cursor, "live_quote")],
    ]);
    return { epoch: numberOf(cursor, "epoch"), held };
  } finally {
    await snapshot.end();
  }
}

/** What differs, a line an asset. `held`: what live holds have together, by asset. */
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
