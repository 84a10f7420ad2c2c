/**
 * What accounts traded lately, for the rate that goes into a command. It is read once a minute and remembered, so that
 * no order waits for it: a tier that was reached counts a minute later, in every process. Days that count no more are dropped.
 */

import { setTimeout as sleep } from "node:timers/promises";

import type { AccountId, AssetId, FeeRates, Market } from "@exchange/streams/contract";
import { FEE_VOLUME_DAYS, feeRatesOf } from "@exchange/streams/contract";
import { sql } from "kysely";

import { dayOf } from "./projection/fill-volumes.ts";
import type { Db } from "./tables.ts";

const READ_EVERY_MS = 60_000;
/** Many accounts make it later and not dearer. */
const REST_PER_READ = 20;
/** A day more than count, for a clock that is behind. */
const DAYS_KEPT = FEE_VOLUME_DAYS + 1;
const ROWS_DROPPED_AT_ONCE = 1000;

export interface FeeVolumes {
  /** What an order of the account pays that is placed now. */
  ratesOf(market: Market, accountId: AccountId): FeeRates;
  stop(): Promise<void>;
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
  const ending = new AbortController();
  /** By quote and account: those that reach any tier. */
  let volumes: ReadonlyMap<string, bigint> = new Map();
  const read = async (): Promise<void> => {
    volumes = await readVolumes(db, markets(), dayOf(nowMs()) - FEE_VOLUME_DAYS);
  };
  await read();
  const { signal } = ending;
  const reading = readAgainAndAgain();

  async function readAgainAndAgain(): Promise<void> {
    let tookMs = 0;
    for (;;) {
      const restMs = Math.max(READ_EVERY_MS, tookMs * REST_PER_READ);
      await sleep(restMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        const startedMs = performance.now();
        await read();
        tookMs = performance.now() - startedMs;
        await dropDays(db, dayOf(nowMs()), signal);
      } catch (error) {
        onFailure(error);
      }
    }
  }

  return {
    ratesOf: (market, accountId) =>
      feeRatesOf(
        market,
        market.fees === undefined ? 0n : (volumes.get(keyOf(market.quote, accountId)) ?? 0n),
      ),
    async stop() {
      ending.abort();
      await reading;
    },
  };
}

/**
 * Those that do not count any more, a few at once, since whoever projects writes to the same table. What is gone cannot
 * be had again, so a clock that is ahead counts only as far as the newest fills.
 */
export async function dropDays(db: Db, today: number, signal: AbortSignal): Promise<void> {
  const { rows } = await sql<{ day: number | null }>`
    select max(day) as day from fill_volumes`.execute(db);
  const throughDay = Math.min(today, rows[0]?.day ?? 0) - DAYS_KEPT;
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from fill_volumes where day <= ${throughDay}
      order by day limit ${ROWS_DROPPED_AT_ONCE}`.execute(db);
    if (numAffectedRows < ROWS_DROPPED_AT_ONCE || signal.aborted) return;
  }
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
