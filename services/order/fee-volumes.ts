/**
 * What accounts traded lately, for the rate that goes into a command. It is read once a minute and remembered, so that
 * no order waits for it: a tier that was reached counts a minute later, in every process.
 */

import type { AccountId, AssetId, FeeRates, Market } from "@exchange/streams/contract";
import { FEE_VOLUME_DAYS, feeRatesOf } from "@exchange/streams/contract";
import { sql } from "kysely";

import { dayOf } from "./projection/fill-volumes.ts";
import type { Db } from "./tables.ts";

const READ_EVERY_MS = 60_000;

export interface FeeVolumes {
  /** What an order of the account pays that is placed now. */
  ratesOf(market: Market, accountId: AccountId): FeeRates;
  read(): Promise<void>;
  stop(): void;
}

export interface FeeVolumesOptions {
  readonly db: Db;
  readonly markets: () => readonly Market[];
  readonly nowMs: () => number;
  /** The last volumes stay good enough. */
  readonly onFailure: (error: unknown) => void;
}

/** Resolves once the volumes are known. */
export async function openFeeVolumes(options: FeeVolumesOptions): Promise<FeeVolumes> {
  const { db, markets, nowMs, onFailure } = options;
  /** By quote and account: those that reach any tier. */
  let volumes: ReadonlyMap<string, bigint> = new Map();
  const read = async (): Promise<void> => {
    volumes = await readVolumes(db, markets(), dayOf(nowMs()) - FEE_VOLUME_DAYS);
  };
  await read();
  let reading: Promise<void> | undefined;
  const timer = setInterval(() => {
    reading ??= read()
      .catch(onFailure)
      .finally(() => {
        reading = undefined;
      });
  }, READ_EVERY_MS);
  return {
    ratesOf: (market, accountId) =>
      feeRatesOf(
        market,
        market.fees === undefined ? 0n : (volumes.get(keyOf(market.quote, accountId)) ?? 0n),
      ),
    read,
    stop: () => clearInterval(timer),
  };
}

function keyOf(quote: AssetId, accountId: AccountId | string): string {
  return `${quote}/${accountId}`;
}

async function readVolumes(
  db: Db,
  markets: readonly Market[],
  afterDay: number,
): Promise<ReadonlyMap<string, bigint>> {
  const volumes = new Map<string, bigint>();
  for (const [quote, listed] of Map.groupBy(markets, (market) => market.quote)) {
    const least = leastVolume(listed);
    if (least === undefined) continue;
    const units = listed.map(
      (market) => sql`when ${market.market} then ${String(market.unitsPerTickLot)}`,
    );
    const { rows } = await sql<{ account_id: string; volume: string }>`
      select account_id,
        sum(tick_lots * cast(case market ${sql.join(units, sql` `)} end as decimal(38,0))) as volume
      from fill_volumes
      where day > ${afterDay} and market in (${sql.join(listed.map(({ market }) => market))})
      group by account_id having volume >= cast(${String(least)} as decimal(38,0))`.execute(db);
    for (const row of rows) volumes.set(keyOf(quote, row.account_id), BigInt(row.volume));
  }
  return volumes;
}

/** What the first tier of any of the markets needs; undefined where none has tiers. */
function leastVolume(markets: readonly Market[]): bigint | undefined {
  const firsts = markets.flatMap(({ fees }) =>
    (fees?.tiers.slice(0, 1) ?? []).map(({ volume }) => BigInt(volume)),
  );
  return firsts.length === 0 ? undefined : firsts.reduce((a, b) => (a < b ? a : b));
}
