/** How long readers take to reach the end of a market's log once nobody sends any more. */

import { decodeFrame, stream, subject } from "@exchange/streams";
import type { CommandPosition, Market } from "@exchange/streams/contract";
import { commandPosition } from "@exchange/streams/contract";
import { createConnection } from "mysql2/promise";
import type { NatsConnection } from "nats";

import type { Exchange } from "../../exchange/connect.ts";
import { lastSequence } from "../../exchange/read-log.ts";

export interface ReaderLags {
  /** Seconds from the call until each had taken in the last command; undefined when it did not in time. */
  readonly engineS: number | undefined;
  readonly walletS: number | undefined;
  readonly ordersS: number | undefined;
}

const POLL_MS = 20;
const LIMIT_MS = 60_000;

export async function measureLags(
  { connection, running }: Exchange,
  market: Market,
): Promise<ReaderLags> {
  const startedMs = performance.now();
  const last = commandPosition(
    await lastSequence(connection, stream.commands(market.market, market.epoch)),
    0,
  );
  const db = await createConnection({ uri: running.mysqlUrl, bigNumberStrings: true });
  const cursor = async (table: string): Promise<number> => {
    const [rows] = await db.query(`select command from ${table} where market = ?`, [market.market]);
    const [row] = Array.isArray(rows) ? rows : [];
    return row !== undefined && "command" in row ? Number(row["command"]) : 0;
  };
  const reached = async (position: () => Promise<number>): Promise<number | undefined> => {
    while (performance.now() - startedMs < LIMIT_MS) {
      if ((await position()) >= last) return round((performance.now() - startedMs) / 1000);
      await Bun.sleep(POLL_MS);
    }
    return undefined;
  };
  try {
    const [engineS, walletS, ordersS] = await Promise.all([
      reached(async () => await readEngine(connection, market)),
      reached(async () => await cursor("exchange_wallet.settlement_cursors")),
      reached(async () => await cursor("exchange_order.cursors")),
    ]);
    return { engineS, walletS, ordersS };
  } finally {
    await db.end();
  }
}

async function readEngine(
  connection: NatsConnection,
  { market, epoch }: Market,
): Promise<CommandPosition> {
  const jsm = await connection.jetstreamManager();
  const query = { last_by_subj: subject.events(market, epoch) };
  const last = await jsm.streams.getMessage(stream.events(market, epoch), query).catch(() => null);
  return last === null ? 0 : decodeFrame(last.data).to.command;
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
