/** What settlement made of trades that a market's log takes back. */

import type { CommandPosition, Market, ReversedTrade } from "@exchange/streams/contract";
import { formatPosition } from "@exchange/streams/contract";
import { z } from "zod";

import type { Exchange } from "../../exchange/connect.ts";
import { Failure } from "../../setup/failure.ts";
import { readWallet } from "../read-wallet.ts";

const SETTLED_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 200;

export interface ReversalResult {
  /** Trades that the ledger does not know as the log has them: nothing moved for them. */
  readonly ignored: readonly string[];
  /** Accounts that had to give back more than they had. */
  readonly frozen: readonly number[];
  /** What the house stands in for. */
  readonly shortfalls: readonly Shortfall[];
}

export interface Shortfall {
  readonly trade: string;
  readonly asset: string;
  /** Smallest units. */
  readonly units: bigint;
}

const Cursor = z.object({ command: z.coerce.number() });
const Row = z.object({
  command: z.coerce.number(),
  event_index: z.coerce.number(),
  time_ms: z.coerce.number(),
});
const Frozen = z.object({ account_id: z.coerce.number() });
const Line = z.object({
  reference: z.string(),
  asset: z.string(),
  available_change: z.string(),
});

/** `position`: of the last command that takes some of them back. */
export async function readReversalResult(
  exchange: Exchange,
  market: Market,
  { trades, position }: { readonly trades: readonly ReversedTrade[]; position: CommandPosition },
): Promise<ReversalResult> {
  await waitUntilSettled(exchange, market, position);
  const places = trades.map(({ command, index }) => `(${command},${index})`).join(",");
  const rows = await readWallet(exchange, Row, [
    `select command, event_index, time_ms from reversed_trades
     where market = ? and (command, event_index) in (${places})`,
    market.market,
  ]);
  const done = new Set(
    rows.map(({ command, event_index: index }) => formatPosition({ command, index })),
  );
  const ignored = trades.map(formatPosition).filter((id) => !done.has(id));
  const parties = new Set(trades.flatMap(({ maker, taker }) => [maker.accountId, taker.accountId]));
  const accounts = [...parties].join(",");
  const frozen = await readWallet(exchange, Frozen, [
    `select account_id from frozen_accounts where account_id in (${accounts})`,
    null,
  ]);
  const timesMs = [...new Set(rows.map((row) => row.time_ms)), 0].join(",");
  const lines = await readWallet(exchange, Line, [
    `select distinct house.reference, house.asset, house.available_change
     from postings as own force index (postings_by_account)
     join postings as house on house.transaction_id = own.transaction_id
     where own.account_id in (${accounts}) and own.time_ms in (${timesMs})
       and own.reason = 'reversal' and house.house_account = 'shortfall'`,
    null,
  ]);
  return {
    ignored,
    frozen: frozen.map((row) => row.account_id),
    shortfalls: lines.map(({ reference, asset, available_change: change }) => ({
      trade: reference,
      asset,
      units: -BigInt(change),
    })),
  };
}

async function waitUntilSettled(
  exchange: Exchange,
  { market }: Market,
  position: CommandPosition,
): Promise<void> {
  const endMs = performance.now() + SETTLED_LIMIT_MS;
  for (;;) {
    const [cursor] = await readWallet(exchange, Cursor, [
      `select command from settlement_cursors where market = ?
       and (command > ${position} or (command = ${position} and complete = 1))`,
      market,
    ]);
    if (cursor !== undefined) return;
    if (performance.now() > endMs) {
      throw new Failure(`The log has it, and settlement of ${market} has not come that far yet.`);
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
