/** A market's first logs put away and deleted while it goes on, and everybody who would have read them. */

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openSnapshotStore } from "@exchange/engine/replay";
import { stream } from "@exchange/streams";
import { sequenceOf } from "@exchange/streams/contract";
import { until } from "@exchange/streams/testing";
import type { NatsConnection } from "nats";

import { killAll, whenAllReady } from "../../chaos/kill-processes.ts";
import type { DeletionInput, DeletionStep } from "../../epochs/delete-epoch.ts";
import { deleteEpoch } from "../../epochs/delete-epoch.ts";
import type { Exported } from "../../epochs/export-epoch.ts";
import { exportEpoch } from "../../epochs/export-epoch.ts";
import { readMarket, withExchange, withProvisioning } from "../../exchange/connect.ts";
import { findStream } from "../../exchange/read-epochs.ts";
import type { OrderSeen, Trader } from "../testing/open-trader.ts";
import { openTrader } from "../testing/open-trader.ts";
import { listOwnMarket } from "../testing/replay-file.ts";
import { expectExchange, runExchange } from "../testing/run-exchange.ts";
import { rotateMarket } from "./rotate.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(120_000);

const READY_LIMIT_MS = 60_000;
const copies = await mkdtemp(join(tmpdir(), "exchange-copies-"));
const traders: Trader[] = [];
afterAll(async () => {
  for (const trader of traders) trader.close();
  await rm(copies, { recursive: true });
});

class Interrupted extends Error {}

async function placeIn(market: string, trader: Trader, order: object): Promise<OrderSeen> {
  const placed = await trader.place({ market, type: "limit", ...order });
  if (typeof placed === "string") throw new Error(placed);
  return placed;
}

interface Operator extends Pick<DeletionInput, "exchange" | "provision" | "market" | "snapshots"> {
  readonly connection: NatsConnection;
}

/** What the command line does, without a process for each. */
async function operate<Value>(
  id: string,
  work: (operator: Operator) => Promise<Value>,
): Promise<Value> {
  return await withExchange(async (exchange) =>
    withProvisioning(async (provision) => {
      const market = await readMarket(exchange, id);
      const snapshots = await openSnapshotStore(provision);
      const { connection } = exchange;
      return await work({ exchange, connection, provision, market, snapshots });
    }),
  );
}

async function rotate(id: string): Promise<void> {
  await operate(id, async (operator) => await rotateMarket(operator, () => undefined));
}

/** Deletes, unless it dies before that step. */
async function deleteOrDie(id: string, epoch: number, fatal?: DeletionStep): Promise<unknown> {
  const asked = { copies, operator: "somebody", reason: "room" };
  const deleting = operate(id, async (operator) =>
    deleteEpoch({
      ...operator,
      ...asked,
      epoch,
      confirm: async () => await Promise.resolve(true),
      onStep(step) {
        if (step === fatal) throw new Interrupted(step);
      },
    }),
  );
  return await deleting.catch((error: unknown) => {
    if (error instanceof Interrupted) return "died";
    throw error;
  });
}

async function logsLeft(id: string): Promise<readonly boolean[]> {
  return await withExchange(async ({ connection }) => [
    (await findStream(connection, stream.commands(id, 1))) !== undefined,
    (await findStream(connection, stream.events(id, 1))) !== undefined,
  ]);
}

async function expectNoViolations(...args: readonly string[]): Promise<string> {
  const audit = await expectExchange("audit", ...args);
  expect(audit.trim().split("\n").at(-1)).toBe("0 violations");
  return audit;
}

/** Trades once, and leaves an order. Returns the one that traded, and that one. */
async function trade(
  market: string,
  [seller, buyer]: readonly [Trader, Trader],
): Promise<readonly [OrderSeen, OrderSeen]> {
  const sold = await placeIn(market, seller, { side: "sell", price: "5.00", quantity: "1" });
  await placeIn(market, buyer, { side: "buy", price: "5.00", quantity: "1" });
  const resting = await placeIn(market, buyer, { side: "buy", price: "1.00", quantity: "2" });
  return [sold, resting];
}

function recordOf({ id }: OrderSeen): number {
  return sequenceOf(Number(id.split(":")[1]));
}

async function openTraders(market: string): Promise<readonly [Trader, Trader]> {
  const [base = ""] = market.split("-");
  const pair = [await openTrader({ [base]: "50" }), await openTrader({ USD: "500" })] as const;
  traders.push(...pair);
  return pair;
}

test("an epoch is exported, deleted by one who dies in between, and the market goes on", async () => {
  const market = await listOwnMarket();
  const pair = await openTraders(market);
  const [sold, resting] = await trade(market, pair);
  const exportIt = async (epoch: number): Promise<Exported> =>
    await operate(market, async (operator) => exportEpoch({ ...operator, epoch, copies }));
  expect(exportIt(1)).rejects.toThrow("is not over");
  await rotate(market);
  expect(deleteOrDie(market, 1)).rejects.toThrow("is not there");
  await expectExchange("market", "export", market, "1", "--to", copies);
  expect(await exportIt(1)).toMatchObject({ wasThere: true });
  expect(await deleteOrDie(market, 1, "delete the commands")).toBe("died");
  expect(await logsLeft(market)).toEqual([true, true]);
  // While the logs are there, a copy that was lost can be made anew.
  await rm(join(copies, market, "1", "events.jsonl.gz"));
  expect(await exportIt(1)).toMatchObject({ wasThere: false });
  expect(await deleteOrDie(market, 1, "delete the events")).toBe("died");
  expect(await logsLeft(market)).toEqual([false, true]);
  const deletion = ["market", "delete-epoch", market, "1", "--copy", copies];
  const by = ["--operator", "somebody else", "--reason", "finish", "--yes", "--json"];
  expect(await expectExchange(...deletion, ...by)).toContain('"result":"deleted"');
  expect(await logsLeft(market)).toEqual([false, false]);
  expect(await deleteOrDie(market, 1)).toBe("was deleted");

  await killAll([{ victim: "engine-1", delayMs: 0 }], () => undefined);
  const [, buyer] = pair;
  await buyer.cancel(resting);
  await until(async () => (await buyer.find(resting)).state === "CANCELLED");
  await trade(market, pair);
  await whenAllReady(READY_LIMIT_MS);
  const audit = await expectNoViolations("--market", market);
  expect(audit).toContain("epoch 2 begins with what was verified before");
  expect(audit).toMatch(/live holds = what open orders can still spend \([1-9]/);
  const refused = await runExchange("trades", market);
  expect([refused.exitCode, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/was deleted at .* by somebody \(room\): pass --copies DIR/),
  ]);
  const explained = await expectExchange("explain", sold.id, "--copies", copies);
  expect(explained).toContain("epoch 1, key");
  expect(explained).toContain("posting");
  // The book after the first order's record, from the copy: one order, which traded later.
  const asked = ["book", market, "--as-of", String(recordOf(sold))];
  expect(await runExchange(...asked)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("pass --copies DIR"),
  });
  expect(JSON.parse(await expectExchange(...asked, "--copies", copies, "--json"))).toMatchObject({
    epoch: 1,
    orders: 1,
    bids: [],
    asks: [{ price: "5.00" }],
  });

  // The next one begins where the copy of this one ends.
  await rotate(market);
  await exportIt(2);
  expect(await deleteOrDie(market, 2)).toBe("deleted");
  expect(await expectExchange("rebuild", "market", market)).toContain("the same as before");
  const whole = await expectNoViolations("--market", market, "--copies", copies);
  expect(whole).toContain(`${market}: live holds = what open orders can still spend`);
  const epochs = (await expectExchange("market", "epochs", market)).trim().split("\n");
  expect(epochs).toEqual([
    expect.stringMatching(/^1 {2}deleted {2}at .* by somebody \(room\), copy /),
    expect.stringMatching(/^2 {2}deleted {2}at /),
    expect.stringMatching(/^3 {2}current {2}\d+ records, /),
  ]);
});
