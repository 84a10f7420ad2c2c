/** Makes a report of what every account has, at one moment of the ledger, and publishes it once it is whole. */

import { randomBytes } from "node:crypto";

import type { AccountId, AssetId } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";

import { sqlRow, statementsOf, writeAll } from "./bulk-sql.ts";
import { dbClockMs } from "./id-blocks.ts";
import type { LiabilityTree } from "./liability-tree.ts";
import { buildLiabilityTree } from "./liability-tree.ts";
import type { Db } from "./tables.ts";

const SALT_BYTES = 16;
/** The newest that are published. Of older ones only the roots are kept. */
const KEPT_WHOLE = 2;
const ROWS_DROPPED_AT_ONCE = 5000;

export interface LiabilityReport {
  readonly reportId: string;
  readonly timeMs: number;
  readonly assets: readonly AssetLiabilities[];
}

/** In smallest units. What users have, what is on its way to them and what is the house's, less its shortfall, make up custody. */
export interface AssetLiabilities {
  readonly asset: AssetId;
  readonly accounts: number;
  readonly rootHash: string;
  readonly users: bigint;
  readonly inFlight: bigint;
  readonly fees: bigint;
  /** What those owe who had spent what a reversed trade had given them. */
  readonly shortfall: bigint;
  readonly custody: bigint;
}

interface Cut {
  readonly timeMs: number;
  readonly balances: ReadonlyMap<
    AssetId,
    { readonly accountId: AccountId; readonly units: bigint }[]
  >;
  readonly house: ReadonlyMap<AssetId, HouseUnits>;
}

interface HouseUnits {
  readonly inFlight: bigint;
  readonly fees: bigint;
  readonly shortfall: bigint;
  readonly custody: bigint;
}

/** Throws when the ledger does not sum to zero: then there is nothing to prove. */
export async function publishLiabilities(db: Db): Promise<LiabilityReport> {
  const cut = await readCut(db);
  const trees = [...new Set([...cut.balances.keys(), ...cut.house.keys()])]
    .toSorted()
    .map((asset) =>
      buildLiabilityTree(
        asset,
        (cut.balances.get(asset) ?? []).map((balance) => ({
          ...balance,
          salt: randomBytes(SALT_BYTES).toString("hex"),
        })),
      ),
    );
  const assets = trees.map((tree) => describe(tree, cut.house.get(tree.asset)));
  const { insertId } = await db
    .insertInto("liability_reports")
    .values({ time_ms: cut.timeMs, is_published: false })
    .executeTakeFirstOrThrow();
  const reportId = String(insertId);
  for (const tree of trees) await writeTree(db, reportId, tree);
  await db
    .updateTable("liability_reports")
    .set({ is_published: true })
    .where("report_id", "=", reportId)
    .execute();
  await dropOldReports(db);
  return { reportId, timeMs: cut.timeMs, assets };
}

function describe(tree: LiabilityTree, house: HouseUnits | undefined): AssetLiabilities {
  const { inFlight, fees, shortfall, custody } = house ?? noUnits;
  const users = tree.root.units;
  assert(
    users + inFlight + fees - shortfall === custody,
    `${users} + ${inFlight} + ${fees} - ${shortfall} of ${tree.asset} is not ${custody}`,
  );
  return {
    asset: tree.asset,
    accounts: tree.leaves.length,
    rootHash: tree.root.hash,
    users,
    inFlight,
    fees,
    shortfall,
    custody,
  };
}

const noUnits: HouseUnits = { inFlight: 0n, fees: 0n, shortfall: 0n, custody: 0n };

async function readCut(db: Db): Promise<Cut> {
  return await db.connection().execute(async (connection) => {
    await sql`set transaction isolation level repeatable read`.execute(connection);
    await sql`start transaction with consistent snapshot, read only`.execute(connection);
    try {
      const clock = await sql<{ time_ms: string | number }>`select ${dbClockMs} as time_ms`.execute(
        connection,
      );
      return {
        timeMs: Number(clock.rows[0]?.time_ms),
        balances: await readBalances(connection),
        house: await readHouse(connection),
      };
    } finally {
      await sql`rollback`.execute(connection).catch(() => undefined);
    }
  });
}

async function readBalances(db: Db): Promise<Cut["balances"]> {
  const { rows } = await sql<{ account_id: string; asset: AssetId; units: string }>`
    select account_id, asset, available + held as units from balances where available + held <> 0`.execute(
    db,
  );
  const balances = new Map<AssetId, { accountId: AccountId; units: bigint }[]>();
  for (const row of rows) {
    const same = balances.get(row.asset) ?? [];
    same.push({ accountId: Number(row.account_id), units: BigInt(row.units) });
    balances.set(row.asset, same);
  }
  return balances;
}

async function readHouse(db: Db): Promise<Cut["house"]> {
  const { rows } = await sql<{
    asset: AssetId;
    in_flight: string;
    shortfall: string;
    custody: string;
    every: string;
  }>`
    select asset, sum(if(house_account = 'in-flight', balance, 0)) as in_flight,
      sum(if(house_account = 'shortfall', balance, 0)) as shortfall,
      sum(if(house_account = 'custody', balance, 0)) as custody, sum(balance) as every
    from house_balances group by asset`.execute(db);
  return new Map(
    rows.map((row) => {
      const inFlight = BigInt(row.in_flight);
      const custody = BigInt(row.custody);
      const shortfall = BigInt(row.shortfall);
      const fees = BigInt(row.every) - inFlight - shortfall - custody;
      return [row.asset, { inFlight, fees, shortfall: -shortfall, custody: -custody }];
    }),
  );
}

async function writeTree(db: Db, reportId: string, tree: LiabilityTree): Promise<void> {
  const { asset, leaves, levels, root } = tree;
  const report = Number(reportId);
  const writes = [
    ...statementsOf(
      leaves.map(({ accountId, place, salt, units }) =>
        sqlRow([report, accountId, asset, place, salt, units]),
      ),
      (rows) =>
        `insert into liability_leaves (report_id, account_id, asset, place, salt, units) values ${rows}`,
    ),
    ...levels.flatMap((nodes, height) =>
      statementsOf(
        nodes.map(({ hash, units }, place) => sqlRow([report, asset, height, place, hash, units])),
        (rows) =>
          `insert into liability_nodes (report_id, asset, height, place, hash, units) values ${rows}`,
      ),
    ),
    `insert into liability_trees (report_id, asset, leaves, root_hash, root_units)
     values ${sqlRow([report, asset, leaves.length, root.hash, root.units])}`,
  ];
  // Each by itself: together they would pass the server's limit for one message.
  for (const text of writes) await writeAll(db, [{ text }]);
}

/** Also what is left of a report that was broken off. In slices: a report has a row for each account and asset. */
export async function dropOldReports(db: Db, rowsAtOnce = ROWS_DROPPED_AT_ONCE): Promise<void> {
  const rows = await db
    .selectFrom("liability_reports")
    .select("report_id")
    .where("is_published", "=", 1)
    .orderBy("report_id", "desc")
    .limit(KEPT_WHOLE)
    .execute();
  const oldest = rows.at(-1)?.report_id;
  if (oldest === undefined) return;
  for (const table of ["liability_leaves", "liability_nodes"] as const) {
    for (;;) {
      const { numDeletedRows } = await db
        .deleteFrom(table)
        .where("report_id", "<", oldest)
        .orderBy("report_id")
        .limit(rowsAtOnce)
        .executeTakeFirstOrThrow();
      if (numDeletedRows < rowsAtOnce) break;
    }
  }
}
