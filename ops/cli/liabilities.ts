/** `exchange liabilities`: what the exchange owes its users, as a tree whose root everybody may see. */

import { formatDecimal } from "@exchange/streams/contract";
import { watchMarkets } from "@exchange/streams/runtime";
import { openDatabase } from "@exchange/wallet/open-database";
import type { AssetLiabilities, LiabilityReport } from "@exchange/wallet/publish-liabilities";
import { publishLiabilities } from "@exchange/wallet/publish-liabilities";

import { readWalletMysqlUrl, withExchange } from "../exchange/connect.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions } from "./options.ts";

export const liabilities: OperatorVerb = {
  effects: "changes",
  summary: "publish what the exchange owes its users, provably",
  help: `Usage: bun run exchange liabilities [--json]

Builds a tree per asset over the salted balances of all accounts at one moment of the ledger, in which every node carries
the sum of what is below it, and publishes it: from then on GET /v1/proof-of-liabilities gives each user the path from
their balance to the root. Publish what --json prints where everybody finds the same, and users check their path with
ops/liabilities/verify-proof.ts, which needs nothing of the exchange. The paths of the newest two reports are kept.`,
  run: async (args) => {
    const options = parseOptions(args, {}, []);
    await withExchange(async ({ connection }) => {
      const directory = await watchMarkets(connection);
      directory.stop();
      const db = openDatabase({ url: readWalletMysqlUrl(), connectionsMax: 1 });
      try {
        const report = await publishLiabilities(db);
        const scaleOf = (asset: string): number => directory.asset(asset)?.scale ?? 0;
        console.log(
          options.flag("json") ? JSON.stringify(toRoots(report)) : formatReport(report, scaleOf),
        );
      } finally {
        await db.destroy();
      }
    });
    return 0;
  },
};

/** As the standalone verifier reads it. */
function toRoots({ reportId, timeMs, assets }: LiabilityReport) {
  return {
    reportId,
    timeMs,
    assets: assets.map(
      ({ asset, accounts, rootHash, users, inFlight, fees, shortfall, custody }) => ({
        asset,
        leaves: accounts,
        root: { hash: rootHash, units: String(users) },
        inFlight: String(inFlight),
        fees: String(fees),
        shortfall: String(shortfall),
        custody: String(custody),
      }),
    ),
  };
}

function formatReport(
  { reportId, timeMs, assets }: LiabilityReport,
  scaleOf: (asset: string) => number,
): string {
  const lines = assets.map((asset) => formatAsset(asset, scaleOf(asset.asset)));
  return [`Report ${reportId}, the ledger at ${new Date(timeMs).toISOString()}`, ...lines].join(
    "\n",
  );
}

function formatAsset(one: AssetLiabilities, scale: number): string {
  const amounts = [one.users, one.inFlight, one.fees, one.shortfall, one.custody];
  const [users, inFlight, fees, shortfall, custody] = amounts.map((units) =>
    formatDecimal(units, scale),
  );
  return `  ${one.asset}: ${users} of ${one.accounts} accounts, ${inFlight} in flight, ${fees} fees, less ${shortfall} short = ${custody} in custody
    root ${one.rootHash}`;
}
