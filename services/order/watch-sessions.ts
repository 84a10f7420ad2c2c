/**
 * Cancel on disconnect: the orders of a session of which nothing is heard for its time are cancelled. One order process
 * at a time does it, the one with the lease; two would cancel the same orders twice, which changes nothing. What must
 * outlive processes is in MySQL, so that sessions also end when gateways and order processes die together.
 */

import { decodeJson, subject } from "@exchange/streams";
import { campaignForLease, onReconnect } from "@exchange/streams/runtime";

import type { SessionBeats } from "./api.ts";
import { cancelAllOrders } from "./cancel-all-orders.ts";
import type { OrderDeps } from "./deps.ts";
import type { StoredSession } from "./session-store.ts";
import { listSessions, removeEndedSession, writeEnd } from "./session-store.ts";
import { TIE_GOOD_MS } from "./session-tie.ts";
import type { Silence } from "./silence.ts";
import { createSilence, sessionText } from "./silence.ts";

const LEASE_KEY = "order.sessions";
const TURN_MS = 250;
/** The table says which sessions there are, the beats only which are alive. */
const READ_MS = 1000;
/** When an order that was tied just before the end is in the log or never: its hold has thirty seconds, and clocks differ. */
const FINAL_CANCEL_AFTER_MS = TIE_GOOD_MS + 30_000 + 10_000;

export interface SessionWatch {
  stop(): Promise<void>;
}

export async function watchSessions(deps: OrderDeps, owner: string): Promise<SessionWatch> {
  let turning: Turning | undefined;
  const endTurning = async (): Promise<void> => {
    const last = turning;
    turning = undefined;
    await last?.stop();
  };
  const lease = await campaignForLease({
    connection: deps.connection,
    key: LEASE_KEY,
    owner,
    onGained: () => {
      turning = startTurning(deps);
    },
    onLost: () => void endTurning(),
  });
  return {
    async stop() {
      await endTurning();
      await lease.release();
    },
  };
}

interface Turning {
  stop(): Promise<void>;
}

function startTurning(deps: OrderDeps): Turning {
  const { connection, db, telemetry } = deps;
  const silence = createSilence();
  const ends = createSessionEnds(deps, silence);
  const beats = connection.subscribe(subject.sessionBeats, {
    callback(error, message) {
      if (error !== null) return;
      const { alive } = decodeJson<SessionBeats>(message.data);
      silence.hear(alive, performance.now());
    },
  });
  const stopListening = onReconnect(connection, () => silence.excuse(performance.now()));
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    try {
      silence.know(await listSessions(db), performance.now());
    } catch (error) {
      telemetry.logger.warn({ err: error }, "the sessions of orders cannot be read");
    }
    reading = undefined;
  }

  let readMs = Number.NEGATIVE_INFINITY;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (reading === undefined && nowMs - readMs >= READ_MS) {
      readMs = nowMs;
      reading = read();
    }
    for (const session of silence.turn(nowMs)) ends.end(session);
  }, TURN_MS);
  return {
    async stop() {
      clearInterval(timer);
      beats.unsubscribe();
      stopListening();
      await reading;
      await ends.finished();
    },
  };
}

/** A gateway that dies ends thousands; clients cancel by the same connections. The others wait. */
const ENDS_AT_ONCE_MAX = 64;

interface SessionEnds {
  /** Does what is to be done next for a session that is over; again and again until it is gone. */
  end(session: StoredSession): void;
  finished(): Promise<void>;
}

function createSessionEnds(deps: OrderDeps, silence: Silence): SessionEnds {
  const { connection, db, telemetry } = deps;
  const busy = new Map<string, Promise<void>>();
  /** In the order in which they asked, so that those that fail again and again keep nobody out. */
  const waiting = new Map<string, StoredSession>();
  /** Ends whose orders this process has cancelled once. */
  const cancelled = new Set<string>();

  /** When it ended; undefined when it goes on after all. */
  async function endOf(session: StoredSession): Promise<number | undefined> {
    if (session.endedMs !== undefined) return session.endedMs;
    // What the server had for us before it answers this has been heard; without a server nobody is heard or cancelled.
    await connection.flush();
    if (!silence.isOver(session, performance.now())) return undefined;
    const nowMs = Date.now();
    return (await writeEnd(db, session, nowMs)) ? nowMs : undefined;
  }

  async function step(session: StoredSession): Promise<void> {
    const endedMs = await endOf(session);
    if (endedMs === undefined) return;
    const ended = `${sessionText(session)}:${endedMs}`;
    const isFinal = Date.now() >= endedMs + FINAL_CANCEL_AFTER_MS;
    if (cancelled.has(ended) && !isFinal) return;
    if (!(await cancelOrdersOf(deps, session))) return;
    cancelled.add(ended);
    if (!isFinal) return;
    await removeEndedSession(db, session);
    cancelled.delete(ended);
  }

  function end(session: StoredSession): void {
    const key = sessionText(session);
    if (busy.has(key)) return;
    if (busy.size >= ENDS_AT_ONCE_MAX) {
      waiting.set(key, session);
      return;
    }
    const stepping = step(session)
      .catch((error: unknown) => {
        telemetry.logger.warn({ err: error }, "a session's orders are not cancelled yet");
      })
      .finally(() => {
        busy.delete(key);
        startOldest();
      });
    busy.set(key, stepping);
  }

  function startOldest(): void {
    const oldest = waiting.values().next();
    if (oldest.done === true) return;
    waiting.delete(sessionText(oldest.value));
    end(oldest.value);
  }

  return {
    end,
    async finished() {
      waiting.clear();
      await Promise.all(busy.values());
    },
  };
}

/** Whether none is left that the engines know. */
async function cancelOrdersOf(
  deps: OrderDeps,
  { accountId, sessionId }: StoredSession,
): Promise<boolean> {
  const reply = await cancelAllOrders(deps, { accountId, sessionId }, undefined);
  return reply.kind === "ok" && reply.value.markets.every(({ complete }) => complete);
}
