/**
 * Cancel on disconnect: the orders of a session of which nothing is heard for its time are cancelled. One order process
 * at a time does it, the one with the lease; two would cancel the same orders twice, which changes nothing. What must
 * outlive processes is in MySQL, so that sessions also end when gateways and order processes die together.
 */

import { decodeJson, subject } from "@exchange/streams";
import { campaignForLease, onReconnect } from "@exchange/streams/runtime";

import type { SessionBeats } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import { createSessionEnds } from "./session-ends.ts";
import { listSessions } from "./session-store.ts";
import { createSilence } from "./silence.ts";

const LEASE_KEY = "order.sessions";
const TURN_MS = 250;
/** The table says which sessions there are, the beats only which are alive. */
const READ_MS = 1000;

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
