/** Ending sessions: the row is marked, then the orders are cancelled in every market, twice, then the row goes. */

import type { MarketId } from "@exchange/streams/contract";

import { cancelAllOrders } from "./cancel-all-orders.ts";
import type { OrderDeps } from "./deps.ts";
import type { StoredSession } from "./session-store.ts";
import { removeEndedSession, writeEnd } from "./session-store.ts";
import { TIE_GOOD_MS } from "./session-tie.ts";
import type { Silence } from "./silence.ts";
import { sessionText } from "./silence.ts";

/** When an order that was tied just before the end is in the log or never: its hold has thirty seconds. */
const FINAL_CANCEL_AFTER_MS = TIE_GOOD_MS + 30_000 + 10_000;
/** A gateway that dies ends thousands; clients cancel by the same connections. The others wait. */
const ENDS_AT_ONCE_MAX = 64;
/** A market that does not answer keeps what it was asked in its log. */
const ASK_AGAIN_MS = 2000;

export interface SessionEnds {
  /** Does what is to be done next for a session that is over; again and again until it is gone. */
  end(session: StoredSession): void;
  finished(): Promise<void>;
}

/** One of the two times that a session's orders are cancelled. */
interface Round {
  readonly isFinal: boolean;
  /** Markets that have none of them left. */
  readonly done: Set<MarketId>;
  askAgainMs: number;
}

export function createSessionEnds(deps: OrderDeps, silence: Silence): SessionEnds {
  const { connection, db, desks, telemetry } = deps;
  const rounds = new Map<string, Round>();

  /** False when it goes on after all. */
  async function isEnded(session: StoredSession): Promise<boolean> {
    if (session.sinceEndMs !== undefined) return true;
    // What the server had for us before it answers this has been heard; without a server nobody is heard or cancelled.
    await connection.flush();
    return silence.isOver(session, performance.now()) && (await writeEnd(db, session));
  }

  function roundOf(session: StoredSession): Round {
    const key = `${sessionText(session)}:${session.opens}`;
    const isFinal = (session.sinceEndMs ?? 0) >= FINAL_CANCEL_AFTER_MS;
    const running = rounds.get(key);
    if (running !== undefined && running.isFinal === isFinal) return running;
    const next: Round = { isFinal, done: new Set(), askAgainMs: 0 };
    rounds.set(key, next);
    return next;
  }

  async function step(session: StoredSession): Promise<void> {
    if (!(await isEnded(session))) return;
    const round = roundOf(session);
    const left = [...desks.keys()].filter((market) => !round.done.has(market));
    if (left.length > 0) {
      if (performance.now() < round.askAgainMs) return;
      round.askAgainMs = performance.now() + ASK_AGAIN_MS;
      const asked = await Promise.all(
        left.map(async (market) => {
          const isDone = await cancelOrdersOf(deps, session, market);
          if (isDone) round.done.add(market);
          return isDone;
        }),
      );
      if (!asked.every(Boolean)) return;
    }
    if (!round.isFinal) return;
    await removeEndedSession(db, session);
    rounds.delete(`${sessionText(session)}:${session.opens}`);
  }

  return inTurn(ENDS_AT_ONCE_MAX, step, (error) =>
    telemetry.logger.warn({ err: error }, "a session's orders are not cancelled yet"),
  );
}

/** Whether none is left that the market's engine knows. */
async function cancelOrdersOf(
  deps: OrderDeps,
  { accountId, sessionId }: StoredSession,
  market: MarketId,
): Promise<boolean> {
  const reply = await cancelAllOrders(deps, { accountId, sessionId, market }, undefined);
  return reply.kind === "ok" && reply.value.markets.every(({ complete }) => complete);
}

/** Takes one step at a time for each session, and so many at once for all. */
export function inTurn(
  atOnceMax: number,
  step: (session: StoredSession) => Promise<void>,
  onError: (error: unknown) => void,
): SessionEnds {
  const busy = new Map<string, Promise<void>>();
  /** In the order in which they asked, so that those that fail again and again keep nobody out. */
  const waiting = new Map<string, StoredSession>();

  function end(session: StoredSession): void {
    const key = sessionText(session);
    if (busy.has(key)) return;
    if (busy.size >= atOnceMax) {
      waiting.set(key, session);
      return;
    }
    const stepping = step(session)
      .catch(onError)
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
