/** What a market's open orders can spend, beside what the ledger has set aside for them. */

import type { TrialBalance } from "@exchange/engine/checkpoint";
import { stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { holdAmount, holdAsset } from "@exchange/streams/contract";
import { createConnection } from "mysql2/promise";
import { z } from "zod";

import type { Exchange } from "../../exchange/connect.ts";
import { lastSequence } from "../../exchange/read-log.ts";
import { Failure } from "../../setup/failure.ts";

const CursorRows = z.array(z.object({ sequence: z.coerce.number() })).max(1);
const SumRows = z.array(z.object({ asset: z.string(), remaining: z.string() }));

/** Refuses where they differ. Settlement stands at the end of the market's epoch, or has gone on into the next. */
export async function agreeWithLedger(
  { connection, running }: Exchange,
  market: Market,
  balance: TrialBalance,
): Promise<void> {
  const last = await lastSequence(connection, stream.events(market.market, market.epoch));
  await using open = new AsyncDisposableStack();
  const uri = `${running.mysqlUrl}/exchange_wallet`;
  const options = { uri, supportBigNumbers: true, bigNumberStrings: true };
  const db = open.adopt(await createConnection(options), async (one) => await one.end());
  // One moment for both: settlement moves cursor and holds together.
  await db.query("start transaction with consistent snapshot, read only");
  const [cursors] = await db.query("select sequence from settlement_cursors where market = ?", [
    market.market,
  ]);
  const [sums] = await db.query(
    "select asset, sum(remaining) as remaining from holds where market = ? and state = 'LIVE' group by asset",
    [market.market],
  );
  // Somebody else rotated meanwhile, and has compared them.
  if ((CursorRows.parse(cursors)[0]?.sequence ?? 0) > last) return;
  const held = new Map(
    SumRows.parse(sums).map(({ asset, remaining }) => [asset, BigInt(remaining)]),
  );
  for (const difference of compareTrialBalance(market, balance, held)) {
    throw new Failure(`${market.market}: ${difference}; an audit says which holds.`);
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
