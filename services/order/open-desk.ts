/** Opening a market: its writer, its verdicts, its part of the projection. */

import { commandLog, decodeFrame, eventLog, subject } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { Appender, EpochAppender, ProcessContext } from "@exchange/streams/runtime";
import {
  AppenderClosed,
  assertStream,
  campaignForLease,
  createAppender,
} from "@exchange/streams/runtime";
import type { JetStreamManager } from "nats";

import type { Desk } from "./desk.ts";
import { InFlight } from "./desk.ts";
import { createFindRow } from "./find-row.ts";
import { watchLogRoom } from "./log-room.ts";
import { createMarketWriter } from "./market-writer.ts";
import type { OrderMetrics } from "./metrics.ts";
import type { CursorWatch } from "./projection/cursor-watch.ts";
import { readCursor } from "./projection/cursor.ts";
import type { Projector } from "./projection/projector.ts";
import { createProjector } from "./projection/projector.ts";
import { createRecentOrders } from "./recent-orders.ts";
import type { Db } from "./tables.ts";
import { createVerdicts } from "./verdicts.ts";

const VERDICT_SWEEP_MS = 50;

export interface DeskDeps {
  readonly context: ProcessContext;
  readonly jsm: JetStreamManager;
  readonly db: Db;
  readonly cursors: CursorWatch;
  readonly metrics: OrderMetrics;
  /** The instance's name, shown in the lease. */
  readonly owner: string;
  readonly inFlightMax: number;
}

export interface OpenDesk extends Desk {
  /** A later definition. What waits for a log that was sealed goes on in that of the next epoch. */
  redefine(market: Market): Promise<void>;
  /** Whether its projection waits for the database. */
  readonly failing: boolean;
  /** Nothing may be appended any more; what was appended is finished. */
  close(): Promise<void>;
}

export async function openDesk(deps: DeskDeps, first: Market): Promise<OpenDesk> {
  const { context, jsm, db, inFlightMax } = deps;
  const { connection } = context;
  let market = first;
  await assertLogs(jsm, market);
  const cursor = await readCursor(db, market.market);
  const verdicts = createVerdicts({
    lastTimeMs: cursor?.timeMs ?? 0,
    lastPrice: cursor?.lastPrice,
  });
  const recent = createRecentOrders();
  const listening = listenForVerdicts(deps, market, { verdicts, recent });
  const room = await watchLogRoom(jsm, () => market);
  const writerOf = ({ market: id, epoch }: Market): EpochAppender =>
    createAppender({
      connection,
      jsm,
      market: id,
      epoch,
      onRetry: () => deps.metrics.appendRetries.inc({ market: id }),
    });
  const writer = createMarketWriter(writerOf(market));
  const appender = failLoudly(writer, context.fail);
  const projector = openProjector(deps, () => market);
  const lease = await campaignForLease({
    connection,
    key: `order.${market.market}`,
    owner: deps.owner,
    onGained: () => projector.start(),
    onLost: () => void projector.stop(),
  });
  return {
    get market() {
      return market;
    },
    get hasRoom() {
      return room.hasRoom;
    },
    get logUsedShare() {
      return room.usedShare;
    },
    get failing() {
      return projector.failing;
    },
    appender,
    verdicts,
    recent,
    findRow: createFindRow(db, market),
    placing: new InFlight(inFlightMax),
    cancelling: new InFlight(inFlightMax),
    async redefine(next) {
      const isNextEpoch = next.epoch !== market.epoch;
      if (isNextEpoch) await assertLogs(jsm, next);
      market = next;
      if (!isNextEpoch) return;
      writer.moveTo(writerOf(next));
      await room.look();
      await projector.restart();
    },
    async close() {
      room.stop();
      await appender.close();
      await lease.release();
      await projector.stop();
      listening.stop();
    },
  };
}

async function assertLogs(jsm: JetStreamManager, { market, epoch }: Market): Promise<void> {
  await assertStream(jsm, commandLog(market, epoch));
  await assertStream(jsm, eventLog(market, epoch));
}

function listenForVerdicts(
  { context: { connection, fail } }: DeskDeps,
  { market }: Market,
  { verdicts, recent }: Pick<Desk, "verdicts" | "recent">,
): { stop(): void } {
  const subscription = connection.subscribe(subject.republishedEvents(market), {
    callback(error, message) {
      try {
        if (error !== null) throw error;
        const frame = decodeFrame(message.data);
        verdicts.take(frame);
        // Before whoever waits for the verdict puts the order back as it is now.
        recent.hear(frame);
      } catch (cause) {
        // Thrown into the client library it would end the connection, and say nothing of why.
        fail(new Error(`a frame of ${market} cannot be read`, { cause }));
      }
    },
  });
  const sweeping = setInterval(() => verdicts.sweep(performance.now()), VERDICT_SWEEP_MS);
  return {
    stop() {
      clearInterval(sweeping);
      subscription.unsubscribe();
    },
  };
}

/**
 * A writer that halted found another record under its own key: nothing it says can be trusted. One that was closed
 * only came before a late command, whose request fails alone: its hold ends at its deadline.
 */
function failLoudly(appender: Appender, fail: (error: unknown) => void): Appender {
  return {
    append: (command, traceparent) =>
      appender.append(command, traceparent).catch((error: unknown) => {
        if (!(error instanceof AppenderClosed)) fail(error);
        throw error;
      }),
    get depth() {
      return appender.depth;
    },
    close: () => appender.close(),
  };
}

function openProjector(deps: DeskDeps, market: () => Market): Projector {
  const { context, jsm, db, cursors, metrics } = deps;
  const { connection, telemetry, fail } = context;
  const label = { market: market().market };
  return createProjector({
    connection,
    jsm,
    db,
    market,
    startSpan: (name, traceparent) => telemetry.startSpan(name, traceparent),
    onCommit(cursor, storedMs) {
      cursors.moved(label.market, cursor);
      metrics.projectionLag.observe(label, Math.max(Date.now() - storedMs, 0) / 1000);
    },
    onRetry(error) {
      metrics.projectionRetries.inc(label);
      telemetry.logger.warn({ err: error }, `the projection of ${label.market} waits for MySQL`);
    },
    onBroken: (error) =>
      fail(new Error(`the projection of ${label.market} is broken`, { cause: error })),
  });
}
