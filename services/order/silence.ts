/** Which sessions have been silent for their time, by a clock that only counts what could have been heard. */

import type { SessionBeat, SessionKey } from "./api.ts";
import type { StoredSession } from "./session-store.ts";

/** Between two turns: longer, and this process slept, during which nobody could be heard. */
const TURN_GAP_MAX_MS = 1000;

interface Heard {
  session: StoredSession;
  heardMs: number;
}

export interface Silence {
  /** What the table has now. One that is new here, or was opened again, counts as heard of now. */
  know(sessions: readonly StoredSession[], nowMs: number): void;
  hear(beats: readonly SessionBeat[], nowMs: number): void;
  /** Nobody could be heard until now. */
  excuse(nowMs: number): void;
  /** Sessions whose time is over, ended ones among them. To be asked several times a second. */
  turn(nowMs: number): readonly StoredSession[];
  isOver(session: SessionKey, nowMs: number): boolean;
}

export function createSilence(): Silence {
  let known = new Map<string, Heard>();
  let turnedMs: number | undefined;

  function excuse(nowMs: number): void {
    for (const heard of known.values()) heard.heardMs = nowMs;
  }

  return {
    know(sessions, nowMs) {
      const next = new Map<string, Heard>();
      for (const session of sessions) {
        const before = known.get(sessionText(session));
        const goesOn = before?.session.opens === session.opens;
        next.set(sessionText(session), { session, heardMs: goesOn ? before.heardMs : nowMs });
      }
      known = next;
    },
    hear(beats, nowMs) {
      for (const beat of beats) {
        const heard = known.get(sessionText(beat));
        if (heard !== undefined) heard.heardMs = Math.max(heard.heardMs, nowMs - beat.silentMs);
      }
    },
    excuse,
    turn(nowMs) {
      if (turnedMs !== undefined && nowMs - turnedMs > TURN_GAP_MAX_MS) excuse(nowMs);
      turnedMs = nowMs;
      return [...known.values()]
        .filter((heard) => isOver(heard, nowMs))
        .map((heard) => heard.session);
    },
    isOver(key, nowMs) {
      const heard = known.get(sessionText(key));
      return heard !== undefined && isOver(heard, nowMs);
    },
  };
}

function isOver({ session: { sinceEndMs, timeoutMs }, heardMs }: Heard, nowMs: number): boolean {
  return sinceEndMs !== undefined || nowMs - heardMs > timeoutMs;
}

export function sessionText({ accountId, sessionId }: SessionKey): string {
  return `${accountId}:${sessionId}`;
}
