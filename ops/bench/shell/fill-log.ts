/** A command log as a busy market leaves it: resting orders, some that trade, and cancels of earlier ones. */

import { commandLog, encodeRecord, subject } from "@exchange/streams";
import type { Command, MarketId } from "@exchange/streams/contract";
import {
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  commandPosition,
} from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import type { Random } from "../random.ts";
import { createRandom, randomBetween } from "../random.ts";

export const BENCH_EPOCH = 1;
const IN_FLIGHT = 256;
const ACCOUNTS = 100;
const FIRST_ACCOUNT = 4_503_599_627_370_000;
const CANCEL_SHARE = 0.4;
const AGGRESSIVE_SHARE = 0.15;
const MIDDLE_TICKS = 25_000;
const SPREAD_TICKS = 50;
const RESTING_MAX = 5000;
const FAR_DEADLINE_MS = 4_000_000_000_000;

export interface LogSize {
  readonly market: MarketId;
  readonly commands: number;
  /** What group commits make of them under load: commands that share one record. */
  readonly commandsPerRecord: number;
}

/** Resolves with the log's last sequence. It is synced later than it is acknowledged: nobody measures this. */
export async function fillLog(connection: NatsConnection, size: LogSize): Promise<number> {
  const { market, commands, commandsPerRecord } = size;
  const jsm = await connection.jetstreamManager();
  await jsm.streams.add({ ...commandLog(market, BENCH_EPOCH), ...syncedLater });
  const js = connection.jetstream();
  const next = createCommands(createRandom(1));
  const records = Math.ceil(commands / commandsPerRecord);
  let stored: Promise<unknown>[] = [];
  for (let sequence = 1; sequence <= records; sequence += 1) {
    const group = Array.from({ length: commandsPerRecord }, (_, index) =>
      next(commandPosition(sequence, index)),
    );
    const bytes = encodeRecord({ v: 1, epoch: BENCH_EPOCH, commands: group });
    stored.push(js.publish(subject.command(market, BENCH_EPOCH, `bench.${sequence}`), bytes));
    if (stored.length < IN_FLIGHT && sequence < records) continue;
    await Promise.all(stored);
    stored = [];
  }
  return records;
}

/** The library does not know the option yet. */
const syncedLater = { persist_mode: "async" };

/** A command for each position, which is known beforehand because nobody else writes. */
function createCommands(random: Random): (position: number) => Command {
  const resting: { orderId: number; accountId: number }[] = [];
  return (position) => {
    const isCancel = random() < CANCEL_SHARE || resting.length > RESTING_MAX;
    const place = isCancel ? randomBetween(random, 0, resting.length) : resting.length;
    const [cancelled] = resting.splice(place, 1);
    if (cancelled !== undefined) {
      return { kind: "CancelOrder", ...cancelled, deadlineMs: FAR_DEADLINE_MS };
    }
    const accountId = FIRST_ACCOUNT + randomBetween(random, 1, ACCOUNTS);
    resting.push({ orderId: position, accountId });
    const side = random() < 0.5 ? "buy" : "sell";
    const away =
      random() < AGGRESSIVE_SHARE
        ? -randomBetween(random, 0, 5)
        : randomBetween(random, 1, SPREAD_TICKS);
    const price = side === "buy" ? MIDDLE_TICKS - away : MIDDLE_TICKS + away;
    const qty = randomBetween(random, 1000, 1_000_000);
    return {
      kind: "PlaceOrder",
      accountId,
      clientOrderId: position.toString(16).padStart(32, "0"),
      holdId: position,
      deadlineMs: FAR_DEADLINE_MS,
      definitionVersion: 1,
      makerFeePpm: 1000,
      takerFeePpm: 2000,
      terms: {
        side,
        type: "limit",
        timeInForce: "GTC",
        postOnly: false,
        sizing: "quantity",
        priceTicks: assertPriceTicks(price),
        qtyLots: assertQtyLots(qty),
        spendMax: assertSpendUnits(side === "buy" ? price * qty : qty),
      },
    };
  };
}
