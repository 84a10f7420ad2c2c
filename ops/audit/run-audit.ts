/** The whole audit: one cut of each store, then one pass over each market's logs, then the comparisons. */

import { openSnapshotStore, readLogged } from "@exchange/engine/replay";
import { openRedis } from "@exchange/store";
import { decodeFrame, stream } from "@exchange/streams";
import type { Market, MarketId } from "@exchange/streams/contract";

import type { Exchange } from "../exchange/connect.ts";
import type { LogSource } from "../exchange/read-epochs.ts";
import { readEpochs } from "../exchange/read-epochs.ts";
import { lastSequence } from "../exchange/read-log.ts";
import { readEntries } from "../trail/read-trail.ts";
import { auditLedger } from "./audit-ledger.ts";
import { auditLogs } from "./audit-logs.ts";
import type { EpochRecord, LoggedFrame } from "./audit-streams.ts";
import { Check } from "./check.ts";
import { ExpectedEntries } from "./ledger/entry.ts";
import { checkHoldRows, expectHoldEntries } from "./ledger/hold-checks.ts";
import { HoldHistory } from "./ledger/hold-history.ts";
import { checkReversals } from "./ledger/reversal-checks.ts";
import { checkFillLimits, checkFillRows, checkOrders } from "./orders/order-checks.ts";
import { OrderHistory } from "./orders/order-history.ts";
import type { ArchiveCut } from "./read/archive.ts";
import { readArchive } from "./read/archive.ts";
import { readCheckpoints, readLogStart } from "./read/log-start.ts";
import { openMysqlSnapshot } from "./read/mysql-snapshot.ts";
import type { OrdersCut } from "./read/orders.ts";
import { readOrders } from "./read/orders.ts";
import { readSnapshots } from "./read/snapshots.ts";
import { readViewsAt } from "./read/views.ts";
import { waitForReaders } from "./read/wait-for-readers.ts";
import type { WalletCut } from "./read/wallet.ts";
import { cursorOf, cursorTables, readWallet } from "./read/wallet.ts";
import type { LogEnds } from "./reader-checks.ts";
import { checkReaders } from "./reader-checks.ts";
import { checkTrail } from "./trail-checks.ts";
import { ArchiveAudit } from "./views/archive-audit.ts";
import type { FoundViews } from "./views/view-checks.ts";
import {
  checkBookView,
  checkCandlesView,
  checkTickerView,
  checkTradesView,
  checkViewsPlace,
} from "./views/view-checks.ts";
import { ViewHistory } from "./views/view-history.ts";

/** A service that starts anew waits for its leases and reads what it has missed. */
const READERS_LIMIT_MS = 30_000;

export interface AuditInput {
  readonly exchange: Exchange;
  /** Asked after the stores were cut, so that no row belongs to a market that was listed since. */
  readonly listMarkets: () => Promise<readonly Market[]>;
  /** The ledger belongs to all markets, and is compared only when all are there. */
  readonly withLedger: boolean;
  /** The folder of the copies of epochs that were deleted. Absent: the logs that are left are read. */
  readonly copies?: string | undefined;
}

/** Calls back with each check as soon as it is done. */
export async function runAudit(
  { exchange, listMarkets, withLedger, copies }: AuditInput,
  onCheck: (check: Check) => void,
): Promise<void> {
  const { mysqlUrl } = exchange.running;
  const [walletUrl, ordersUrl] = [`${mysqlUrl}/exchange_wallet`, `${mysqlUrl}/exchange_order`];
  const archiveUrl = `${mysqlUrl}/exchange_market`;
  // What is in the logs now has to be in the cuts; what comes later may be on its way.
  const logged = await readLogEnds(exchange, await listMarkets());
  await waitForReaders(
    [
      { url: walletUrl, table: cursorTables.settlement },
      { url: ordersUrl, table: cursorTables.orders },
      { url: archiveUrl, table: cursorTables.archive },
    ],
    { logged, giveUpMs: performance.now() + READERS_LIMIT_MS },
  );
  // A connection that stays open would keep the process, also when the other cannot be opened.
  await using open = new AsyncDisposableStack();
  const wallet = open.adopt(await readWallet(walletUrl), endCut);
  const orders = open.adopt(await readOrders(ordersUrl), endCut);
  const archive = open.adopt(await readArchive(archiveUrl), endCut);
  const markets = await listMarkets();
  const found = await readAllViews(exchange, markets);
  onCheck(checkReaders("settlement", wallet.cursors, logged));
  onCheck(checkReaders("the order history", orders.cursors, logged));
  onCheck(checkReaders("the archive", archive.cursors, logged));
  const entries = new ExpectedEntries();
  const holds = new Map<string, HoldHistory>();
  const unread: MarketId[] = [];
  for (const views of found) {
    const source = { connection: exchange.connection, copies };
    const history = await auditMarket(
      { source, wallet, orders, archive, found: views, entries },
      onCheck,
    );
    if (history === undefined) unread.push(views.market.market);
    else holds.set(views.market.market, history);
  }
  if (!withLedger) return;
  await auditLedger({ wallet, holds, entries, unread }, onCheck);
  onCheck(await auditTrail(mysqlUrl));
}

async function auditTrail(mysqlUrl: string): Promise<Check> {
  const snapshot = await openMysqlSnapshot(mysqlUrl);
  try {
    return await checkTrail(readEntries(snapshot));
  } finally {
    await snapshot.end();
  }
}

async function endCut(cut: WalletCut | OrdersCut | ArchiveCut): Promise<void> {
  await cut.end();
}

interface MarketInput {
  readonly source: LogSource;
  readonly wallet: WalletCut;
  readonly orders: OrdersCut;
  readonly archive: ArchiveCut;
  readonly found: FoundViews;
  /** What the ledger must hold; the market's trades and cancels are added. */
  readonly entries: ExpectedEntries;
}

/** Undefined when not all of its logs can be read: then nothing can be said of what follows from them. */
async function auditMarket(
  { source, wallet, orders, archive, found, entries }: MarketInput,
  onCheck: (check: Check) => void,
): Promise<HoldHistory | undefined> {
  const { market, views } = found;
  const id = market.market;
  const store = await openSnapshotStore(source.connection);
  const start = await readLogStart(source, store, market);
  if (start instanceof Check) {
    onCheck(start);
    return undefined;
  }
  const { from, later } = start;
  const holdHistory = new HoldHistory(market, cursorOf(wallet.cursors, id), entries);
  const orderHistory = new OrderHistory(market, cursorOf(orders.cursors, id));
  const reversals = wallet.reversals.filter((reversal) => reversal.market === id);
  const viewStart = { reversals, before: later?.views };
  const viewHistory =
    views === undefined ? undefined : new ViewHistory(market, views.at, viewStart);
  const archiveAudit = new ArchiveAudit(archive, id, viewStart);
  if (later !== undefined) {
    const { position, book } = later.checkpoint.replica;
    holdHistory.begin(position, book);
  }
  const { checks, isWhole } = await auditLogs({
    market,
    snapshots: await readSnapshots(store, market, readCheckpoints(source, store, { market, from })),
    start: later?.checkpoint,
    records: readRecords(source, market, from),
    frames: showing(readFrames(source, market, from), archiveAudit),
    onFrame: (frame) => holdHistory.frame(frame),
    onEvent: (event) => {
      holdHistory.apply(event);
      orderHistory.apply(event);
      viewHistory?.apply(event);
    },
  });
  if (start.check !== undefined) onCheck(start.check);
  for (const check of checks) onCheck(check);
  onCheck(holdHistory.uses);
  onCheck(checkReversals(holdHistory, reversals));
  onCheck(checkViewsPlace(found));
  if (!isWhole) return undefined;
  await checkRows({ wallet, orders, entries }, { holdHistory, orderHistory }, onCheck);
  for (const check of await archiveAudit.finish()) onCheck(check);
  if (views !== undefined && viewHistory !== undefined) {
    for (const check of viewChecks) onCheck(check(views, viewHistory));
  }
  return holdHistory;
}

interface Histories {
  readonly holdHistory: HoldHistory;
  readonly orderHistory: OrderHistory;
}

async function checkRows(
  { wallet, orders, entries }: Pick<MarketInput, "wallet" | "orders" | "entries">,
  { holdHistory, orderHistory }: Histories,
  onCheck: (check: Check) => void,
): Promise<void> {
  const { market: id } = holdHistory.market;
  // Of what came before the logs that were read only what is left of it can be compared: holds and balances.
  const { command: start } = holdHistory.start;
  const rows = await orders.orders(id);
  const fills = await orders.fills(id);
  const orderedSince = rows.filter(({ orderId }) => orderId > start);
  const tradedSince = fills.filter(({ tradeCommand }) => tradeCommand > start);
  onCheck(checkOrders(id, orderedSince, orderHistory));
  onCheck(checkFillRows(id, tradedSince, orderHistory));
  onCheck(checkFillLimits(id, rows));
  const holds = wallet.holds.filter((hold) => hold.market === id);
  expectHoldEntries(holds, holdHistory, entries);
  onCheck(checkHoldRows(holds, holdHistory));
}

const viewChecks = [checkBookView, checkTickerView, checkTradesView, checkCandlesView] as const;

async function readLogEnds({ connection }: Exchange, markets: readonly Market[]): Promise<LogEnds> {
  const ends = new Map<MarketId, number>();
  for (const { market, epoch } of markets) {
    ends.set(market, await lastSequence(connection, stream.events(market, epoch)));
  }
  return ends;
}

async function readAllViews(
  { running, connection }: Exchange,
  markets: readonly Market[],
): Promise<FoundViews[]> {
  const redis = await openRedis(running.redisUrl);
  const giveUpMs = performance.now() + READERS_LIMIT_MS;
  const found: FoundViews[] = [];
  try {
    for (const market of markets) {
      const { epoch } = market;
      const logged = await lastSequence(connection, stream.events(market.market, epoch));
      const place = { market: market.market, sequence: logged };
      found.push({ market, logged, views: await readViewsAt(redis, place, giveUpMs) });
    }
  } finally {
    redis.disconnect();
  }
  return found;
}

async function* readRecords(
  source: LogSource,
  market: Market,
  from: number,
): AsyncGenerator<EpochRecord> {
  for await (const message of readEpochs(source, market, { kind: "commands", from })) {
    yield { epoch: message.epoch, ...readLogged(message) };
  }
}

/** Each frame is compared to the archive as it passes. */
async function* showing(
  frames: AsyncIterable<LoggedFrame>,
  archive: ArchiveAudit,
): AsyncGenerator<LoggedFrame> {
  for await (const logged of frames) {
    await archive.frame(logged.frame);
    yield logged;
  }
}

async function* readFrames(
  source: LogSource,
  market: Market,
  from: number,
): AsyncGenerator<LoggedFrame> {
  const messages = readEpochs(source, market, { kind: "events", from });
  for await (const { sequence, data, epoch } of messages) {
    yield { sequence, epoch, frame: decodeFrame(data) };
  }
}
