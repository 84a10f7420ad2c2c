/** Ending sessions: the row is marked, then the orders are cancelled in every market, twice, then the row goes. */

import type { MarketId } from "@exchange/streams/contract";

import { cancelAllOrders } from "./cancel-all-orders.ts";
import { createCancelRounds } from "./cancel-rounds.ts";
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

export interface SessionEnds {
  /** Does what is to be done next for a session that is over; again and again until it is gone. */
  end(session: StoredSession): void;
  finished(): Promise<void>;
}

export function createSessionEnds(deps: OrderDeps, silence: Silence): SessionEnds {
  const { connection, db, desks, telemetry } = deps;
  const rounds = createCancelRounds({
    markets: () => desks.keys(),
    cancelIn: (session, market) => cancelOrdersOf(deps, session, market),
    nowMs: () => performance.now(),
  });

  /** False when it goes on after all. */
  async function isEnded(session: StoredSession): Promise<boolean> {
    if (session.sinceEndMs !== undefined) return true;
    // What the server had for us before it answers this has been heard; without a server nobody is heard or cancelled.
    await connection.flush();
    return silence.isOver(session, performance.now()) && (await writeEnd(db, session));
  }

  async function step(session: StoredSession): Promise<void> {
    if (!(await isEnded(session))) return;
    const isFinal = (session.sinceEndMs ?? 0) >= FINAL_CANCEL_AFTER_MS;
    if (!(await rounds.cancel(session, isFinal)) || !isFinal) return;
    await removeEndedSession(db, session);
    rounds.forget(session);
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
