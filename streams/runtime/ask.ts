/**
 * Requests over one inbox subscription a connection, replies told apart by the last token. The client
 * library's own request makes an error, an inbox and a timer each time, which at thousands a second was
 * most of what a request cost.
 */

import type { Msg, NatsConnection, PublishOptions } from "nats";
import { createInbox, ErrorCode, NatsError } from "nats";

import { inboxPrefixOf } from "./connect.ts";

/** How late a timeout may be noticed. */
const SWEEP_MS = 50;
const NO_RESPONDERS_STATUS = 503;

export interface Question {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
  readonly headers?: PublishOptions["headers"];
}

interface Pending {
  readonly resolve: (message: Msg) => void;
  readonly reject: (error: Error) => void;
  readonly deadlineMs: number;
}

type Ask = (question: Question) => Promise<Msg>;

const askers = new WeakMap<NatsConnection, Ask>();

/** Rejects with the library's errors: `"503"` when nobody listens, `"TIMEOUT"` when nobody answered in time. */
export async function ask(connection: NatsConnection, question: Question): Promise<Msg> {
  let asker = askers.get(connection);
  if (asker === undefined) {
    asker = createAsker(connection);
    askers.set(connection, asker);
  }
  return await asker(question);
}

function createAsker(connection: NatsConnection): Ask {
  const inbox = createInbox(inboxPrefixOf(connection));
  const pending = new Map<string, Pending>();
  let asked = 0;
  let sweeping = false;

  function sweep(): void {
    const nowMs = performance.now();
    for (const [token, one] of pending) {
      if (nowMs < one.deadlineMs) continue;
      pending.delete(token);
      one.reject(NatsError.errorForCode(ErrorCode.Timeout));
    }
    sweeping = pending.size > 0;
    if (sweeping) setTimeout(sweep, SWEEP_MS);
  }

  function settle(error: Error | null, message: Msg): void {
    if (error !== null) {
      // The subscription is gone, and the replies with it; the next question makes another one.
      askers.delete(connection);
      for (const one of pending.values()) one.reject(error);
      pending.clear();
      return;
    }
    const token = message.subject.slice(inbox.length + 1);
    const one = pending.get(token);
    if (one === undefined) return;
    pending.delete(token);
    if (message.data.length === 0 && message.headers?.code === NO_RESPONDERS_STATUS) {
      one.reject(NatsError.errorForCode(ErrorCode.NoResponders));
    } else one.resolve(message);
  }

  connection.subscribe(`${inbox}.*`, { callback: settle });
  return ({ subject, payload, timeoutMs, headers }) =>
    new Promise((resolve, reject) => {
      asked += 1;
      const token = String(asked);
      const reply = `${inbox}.${token}`;
      connection.publish(subject, payload, headers === undefined ? { reply } : { reply, headers });
      pending.set(token, { resolve, reject, deadlineMs: performance.now() + timeoutMs });
      if (sweeping) return;
      sweeping = true;
      setTimeout(sweep, SWEEP_MS);
    });
}
