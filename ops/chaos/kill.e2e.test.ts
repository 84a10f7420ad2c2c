/**
 * Every process of a running exchange is killed twice, in a seeded order, while real orders come in. What
 * clients were told must then be true, and the books must balance to the last unit.
 */

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { measureLags } from "../bench/orders/lag.ts";
import { createRandom } from "../bench/random.ts";
import { listOwnMarket } from "../cli/testing/replay-file.ts";
import { expectExchange } from "../cli/testing/run-exchange.ts";
import { readMarket, withExchange } from "../exchange/connect.ts";
import { planKills, victims } from "./kill-plan.ts";
import { killAll, whenAllReady } from "./kill-processes.ts";
import { startLoad } from "./load.ts";
import { countPendingHolds, countVerdicts, readOrderIds, readTotals } from "./what-is-left.ts";

const LIMIT_MS = 240_000;
const KILLS_EACH = 2;
const BETWEEN_KILLS_MS = { least: 1500, most: 4000 } as const;
const AFTER_THE_LAST_MS = 3000;
const READY_LIMIT_MS = 30_000;
/** A hold's deadline, and time for the tick that releases it. */
const PENDING_LIMIT_MS = 50_000;
/** A different order of kills each day, and the same one all day for whoever has to find out why. */
const seed = Math.floor(Date.now() / 86_400_000);

interface Ack {
  readonly clientOrderId: string;
  readonly orderId: string;
}

async function readAcks(path: string): Promise<Ack[]> {
  const text = await Bun.file(path).text();
  return text
    .trim()
    .split("\n")
    .map((line): Ack => JSON.parse(line));
}

async function whenNothingPends(mysqlUrl: string): Promise<number> {
  const giveUpMs = performance.now() + PENDING_LIMIT_MS;
  for (;;) {
    const pending = await countPendingHolds(mysqlUrl);
    if (pending === 0 || performance.now() > giveUpMs) return pending;
    await Bun.sleep(500);
  }
}

test(
  `everybody dies twice (seed ${seed}): no acknowledged order is lost or doubled, and the books balance`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "exchange-kill-"));
    const acksFile = join(folder, "acks.jsonl");
    const id = await listOwnMarket();
    await withExchange(async (exchange) => {
      const { connection, running } = exchange;
      const market = await readMarket(exchange, id);
      const stopping = new AbortController();
      const { gatewayUrl } = running;
      const load = await startLoad({ gatewayUrl, market, acksFile, stopping: stopping.signal });
      const killed: string[] = [];
      const random = createRandom(seed);
      const plan = planKills({ kills: KILLS_EACH, delayMs: BETWEEN_KILLS_MS, random });
      await killAll(plan, (victim) => killed.push(victim));
      await whenAllReady(READY_LIMIT_MS);
      await Bun.sleep(AFTER_THE_LAST_MS);
      stopping.abort();
      const sent = await load.done;

      expect(killed.length).toBe(victims.length * KILLS_EACH);
      const { engineS, walletS, ordersS } = await measureLags(exchange, market);
      expect([engineS, walletS, ordersS]).not.toContain(undefined);
      expect(await whenNothingPends(running.mysqlUrl)).toBe(0);

      const acks = await readAcks(acksFile);
      expect(acks.length).toBe(sent.ordersCommitted);
      expect(acks.length).toBeGreaterThan(100);
      const orderIds = await readOrderIds(running.mysqlUrl, id);
      for (const { clientOrderId, orderId } of acks) {
        expect(orderIds.get(clientOrderId)).toEqual([orderId]);
      }
      const verdicts = await countVerdicts(connection, market);
      expect([...verdicts].filter(([, count]) => count !== 1)).toEqual([]);
      for (const { deposited, owned } of await readTotals(running.mysqlUrl)) {
        expect(owned).toBe(deposited);
      }
    });
    const audit = await expectExchange("audit");
    expect(audit.trim().split("\n").at(-1)).toBe("0 violations");
    rmSync(folder, { recursive: true });
  },
  LIMIT_MS,
);
