/** `bench wallet`: what the ledger can do, beside what MySQL can do with the same rows. */

import { randomBytes } from "node:crypto";

import { migrate, openMysql } from "@exchange/store";
import { migrations } from "@exchange/wallet/migrations";
import { openDatabase } from "@exchange/wallet/open-database";
import type { BenchWallet } from "@exchange/wallet/testing/live";
import { createBenchWallet, createMarketScript, testMarket } from "@exchange/wallet/testing/live";
import { sql } from "kysely";

import type { Verb } from "../../cli/options.ts";
import { parseOptions } from "../../cli/options.ts";
import { readRootMysqlUrl, withExchange } from "../../exchange/connect.ts";
import type { Bulk } from "./bulk.ts";
import { measureHoldBatches, measureSettlement } from "./bulk.ts";
import { createFrameCount } from "./frames.ts";
import { ACCOUNTS } from "./scenes.ts";
import { measureSweep } from "./sweep.ts";
import { measureWithdrawals } from "./withdrawals.ts";

const SECONDS_DEFAULT = 10;
const BATCH = 100;
/** Of one transaction. The largest that a transaction of about 20 ms has room for is what the bar is for. */
const TRADES = [50, 100, 200] as const;
const SWEEP = { makers: 5000, rounds: 5, holdsPerSecond: 500 } as const;

/** What is asked of the ledger. */
const BARS = { ratio: 0.5, settlementMs: 20, holdMsP99: 50, withdrawalsPerSecond: 200 } as const;

export const wallet: Verb = {
  summary: "holds, settlement and withdrawals, beside bare inserts of the same rows",
  help: `Usage: bun run bench wallet [--seconds N] [--json]

On the running exchange's MySQL, durable as it is, in a database of its own that is removed afterwards:

- holds with their postings, ${BATCH} a transaction, and settlement of ${TRADES.join(", ")} trades a transaction, in
  turns with a bare insert of the same rows into tables with the same keys. The ratio is to be ${BARS.ratio} or more, of
  settlement in transactions of about ${BARS.settlementMs} ms;
- holds at ${SWEEP.holdsPerSecond}/s, from when they were due, while an order that sweeps ${SWEEP.makers} makers is settled
  (${SWEEP.rounds} times): p99 at most ${BARS.holdMsP99} ms;
- withdrawals of the running wallet, which stay in its ledger: at least ${BARS.withdrawalsPerSecond}/s.

  --seconds N   of each but the sweep (default ${SECONDS_DEFAULT})
  --json        the figures as JSON`,
  run: async (args) => {
    const options = parseOptions(args, { seconds: "string" }, []);
    const seconds = options.count("seconds", SECONDS_DEFAULT);
    const tell = (line: string): void => {
      if (!options.flag("json")) console.log(line);
    };
    const ledger = await withLedger(async (bench) => {
      const frames = createFrameCount();
      const script = createMarketScript(testMarket);
      const holds = await measureHoldBatches(bench, { seconds, batch: BATCH });
      tell(formatBulk(holds));
      const settlement: Bulk[] = [];
      for (const trades of TRADES) {
        const bulk = await measureSettlement(bench, { seconds, trades, frames, script });
        settlement.push(bulk);
        tell(formatBulk(bulk));
      }
      const sweep = await measureSweep(bench, { ...SWEEP, frames, script });
      const { p50, p99, max } = sweep.latencyMs;
      tell(`p99 ${p99} ms (p50 ${p50}, max ${max})  holds while ${SWEEP.makers} makers are swept
        in ${sweep.settledMs} ms and ${sweep.transactions} transactions; bar ${BARS.holdMsP99} ms`);
      return { holds, settlement, sweep };
    });
    const withdrawals = await withExchange(
      async ({ connection }) => await measureWithdrawals(connection, seconds),
    );
    tell(`${withdrawals.perSecond}/s  withdrawals; bar ${BARS.withdrawalsPerSecond}/s`);
    if (options.flag("json")) console.log(JSON.stringify({ ...ledger, withdrawals }));
    return 0;
  },
};

function formatBulk(bulk: Bulk): string {
  const { name, rowsPerSecond, bareRowsPerSecond, ratio, transactionMs } = bulk;
  return `ratio ${ratio}  ${name} (${transactionMs} ms): ${rowsPerSecond} rows/s, bare ${bareRowsPerSecond}; bar ${BARS.ratio}`;
}

async function withLedger<Value>(work: (bench: BenchWallet) => Promise<Value>): Promise<Value> {
  const name = `bench_${randomBytes(4).toString("hex")}`;
  const root = openMysql<unknown>({ url: readRootMysqlUrl(), connectionsMax: 1 });
  await sql.raw(`create database ${name}`).execute(root);
  const url = new URL(readRootMysqlUrl());
  url.pathname = `/${name}`;
  const db = openDatabase({ url: url.href, connectionsMax: 4 });
  try {
    await migrate(db, migrations);
    return await work(await createBenchWallet(db, ACCOUNTS));
  } finally {
    await db.destroy();
    await sql.raw(`drop database ${name}`).execute(root);
    await root.destroy();
  }
}
