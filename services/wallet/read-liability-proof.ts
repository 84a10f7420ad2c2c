/** What an account needs to see that its balances are part of the newest published report. */

import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { LiabilityProof, ProvenLiability } from "./api.ts";
import { sqlRow } from "./bulk-sql.ts";
import { NO_NODE, siblingPlaces } from "./liability-tree.ts";
import type { Db } from "./tables.ts";

/** `null` before the first report. An account that had nothing is in no tree. */
export async function readLiabilityProof(
  db: Db,
  { accountId }: { readonly accountId: number },
): Promise<LiabilityProof | null> {
  const report = await db
    .selectFrom("liability_reports")
    .select(["report_id", "time_ms"])
    .where("is_published", "=", 1)
    .orderBy("report_id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (report === undefined) return null;
  const reportId = report.report_id;
  const leaves = await db
    .selectFrom("liability_leaves")
    .innerJoin("liability_trees", (join) =>
      join
        .onRef("liability_trees.report_id", "=", "liability_leaves.report_id")
        .onRef("liability_trees.asset", "=", "liability_leaves.asset"),
    )
    .select([
      "liability_leaves.asset",
      "liability_leaves.place",
      "liability_leaves.salt",
      "liability_leaves.units",
      "liability_trees.leaves",
      "liability_trees.root_hash",
      "liability_trees.root_units",
    ])
    .where("liability_leaves.report_id", "=", reportId)
    .where("liability_leaves.account_id", "=", String(accountId))
    .orderBy("liability_leaves.asset")
    .execute();
  const proven = await Promise.all(
    leaves.map(async (leaf): Promise<ProvenLiability> => ({
      asset: leaf.asset,
      units: leaf.units,
      salt: leaf.salt,
      place: leaf.place,
      leaves: leaf.leaves,
      root: { hash: leaf.root_hash, units: leaf.root_units },
      path: await readPath(db, { reportId, ...leaf }),
    })),
  );
  return { reportId, timeMs: Number(report.time_ms), accountId, proven };
}

interface PlaceInTree {
  readonly reportId: string;
  readonly asset: string;
  readonly place: number;
  readonly leaves: number;
}

async function readPath(
  db: Db,
  { reportId, asset, place, leaves }: PlaceInTree,
): Promise<ProvenLiability["path"]> {
  const siblings = siblingPlaces(place, leaves);
  if (siblings.length === 0) return [];
  const wanted = siblings.map((sibling) => sqlRow([sibling.height, sibling.place]));
  const { rows } = await sql<{ height: number; place: number; hash: string; units: string }>`
    select height, place, hash, units from liability_nodes
    where report_id = ${reportId} and asset = ${asset}
      and (height, place) in (${sql.raw(wanted.join(","))})`.execute(db);
  const byHeight = new Map(rows.map((row) => [row.height, row]));
  return siblings.map((sibling) => {
    const row = byHeight.get(sibling.height);
    assert(row === undefined || row.place === sibling.place, "one sibling a height");
    return { hash: row?.hash ?? NO_NODE.hash, units: row?.units ?? String(NO_NODE.units) };
  });
}
