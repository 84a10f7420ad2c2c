/** What must be true after a crowd: the tests of the short and of the long run. */

import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import { createConnection } from "mysql2/promise";

import { measureLags } from "../../bench/orders/lag.ts";
import { expectExchange } from "../../cli/testing/run-exchange.ts";
import { readMarket, withExchange } from "../../exchange/connect.ts";
import type { Running } from "../../setup/running.ts";
import { runCrowd } from "../crowd.ts";

const LIMIT_MS = 240_000;
/** That a cancel comes too late is what happened, not what went wrong. */
const GOOD = /^(place 201|cancel 200|cancel 409 ORDER_DONE|deposit 201|withdraw 201)$/;
const RETRIES = /^wallet_transaction_retries_total\{[^}]*\} (\d+)/gm;

export function checkCrowd({ users, seconds }: { users: number; seconds: number }): void {
  test(
    `${users} users at once on four rows each for ${seconds} s: no error reaches anybody, and the books balance`,
    async () => {
      const assets = Array.from({ length: 3 }, () => randomBytes(3).toString("hex").toUpperCase());
      const markets = [`A${assets[0]}-USD`, `B${assets[1]}-C${assets[2]}`];
      for (const id of markets) {
        await expectExchange("market", "add", id, "--tick", "0.01", "--lot", "0.01");
      }
      await withExchange(async (exchange) => {
        const { running } = exchange;
        const before = await countDeadlocks(running);
        const { gatewayUrl } = running;
        const answers = await runCrowd({ gatewayUrl, users, seconds, markets, seed: Date.now() });
        const asked = [...answers.values()].reduce((sum, count) => sum + count, 0);
        console.log(asked, "answers:", Object.fromEntries(answers));
        expect([...answers.keys()].filter((answer) => !GOOD.test(answer))).toEqual([]);
        expect(asked).toBeGreaterThan(users * seconds);
        for (const id of markets) await measureLags(exchange, await readMarket(exchange, id));
        const { seen, counted } = await countDeadlocks(running);
        console.log(seen - before.seen, "deadlocks,", counted - before.counted, "retries");
        expect(counted - before.counted).toBeGreaterThanOrEqual(seen - before.seen);
      });
      const audit = await expectExchange("audit");
      expect(audit.trim().split("\n").at(-1)).toBe("0 violations");
    },
    LIMIT_MS,
  );
}

interface Deadlocks {
  /** By the server; none where it does not count them. */
  readonly seen: number;
  /** Transactions that wallets ran again. */
  readonly counted: number;
}

async function countDeadlocks({ mysqlUrl, processes }: Running): Promise<Deadlocks> {
  const db = await createConnection({ uri: mysqlUrl });
  const [rows] = await db.query("show global status like 'Innodb_deadlocks'");
  await db.end();
  const [row] = Array.isArray(rows) ? rows : [];
  let counted = 0;
  for (const { name, adminPort } of processes) {
    if (!name.startsWith("wallet") || adminPort === undefined) continue;
    const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    for (const [, count] of text.matchAll(RETRIES)) counted += Number(count);
  }
  return { seen: row !== undefined && "Value" in row ? Number(row["Value"]) : 0, counted };
}
