/**
 * Cancelling the orders of ended sessions, market by market. What a market answered is kept, and one that does not
 * answer is left alone for a while by all sessions: each question to it stays in its log.
 */

import type { MarketId } from "@exchange/streams/contract";

import type { StoredSession } from "./session-store.ts";
import { sessionText } from "./silence.ts";

const ASK_AGAIN_MS = { first: 250, last: 8000 } as const;

export interface CancelRoundsDeps {
  readonly markets: () => Iterable<MarketId>;
  /** Whether the market's engine knows none of the session's orders any more. */
  readonly cancelIn: (session: StoredSession, market: MarketId) => Promise<boolean>;
  /** Counts up, ms. */
  readonly nowMs: () => number;
}

export interface CancelRounds {
  /** Cancels where it is left to do. True when no market has an order of the session's any more. */
  cancel(session: StoredSession, isFinal: boolean): Promise<boolean>;
  forget(session: StoredSession): void;
}

/** One of the two times that a session's orders are cancelled. */
interface Round {
  readonly isFinal: boolean;
  /** Markets that have none of them left. */
  readonly done: Set<MarketId>;
}

/** Of a market that did not answer. */
interface Pause {
  readonly untilMs: number;
  readonly lengthMs: number;
}

export function createCancelRounds({ markets, cancelIn, nowMs }: CancelRoundsDeps): CancelRounds {
  const rounds = new Map<string, Round>();
  const pauses = new Map<MarketId, Pause>();

  function roundOf(session: StoredSession, isFinal: boolean): Round {
    const key = endText(session);
    const running = rounds.get(key);
    if (running?.isFinal === isFinal) return running;
    const next: Round = { isFinal, done: new Set() };
    rounds.set(key, next);
    return next;
  }

  function isPaused(market: MarketId): boolean {
    return nowMs() < (pauses.get(market)?.untilMs ?? 0);
  }

  /** The many that were asked at once count as one. */
  function pause(market: MarketId): void {
    if (isPaused(market)) return;
    const before = pauses.get(market);
    const lengthMs =
      before === undefined ? ASK_AGAIN_MS.first : Math.min(2 * before.lengthMs, ASK_AGAIN_MS.last);
    pauses.set(market, { untilMs: nowMs() + lengthMs, lengthMs });
  }

  async function cancelOnce(
    { done }: Round,
    session: StoredSession,
    market: MarketId,
  ): Promise<void> {
    let isDone = false;
    try {
      isDone = await cancelIn(session, market);
    } finally {
      if (isDone) {
        done.add(market);
        pauses.delete(market);
      } else {
        pause(market);
      }
    }
  }

  return {
    async cancel(session, isFinal) {
      const round = roundOf(session, isFinal);
      const left = [...markets()].filter((market) => !round.done.has(market));
      await Promise.all(
        left
          .filter((market) => !isPaused(market))
          .map((market) => cancelOnce(round, session, market)),
      );
      return left.every((market) => round.done.has(market));
    },
    forget(session) {
      rounds.delete(endText(session));
    },
  };
}

/** A session that is opened again after its end has other opens. */
function endText(session: StoredSession): string {
  return `${sessionText(session)}:${session.opens}`;
}
