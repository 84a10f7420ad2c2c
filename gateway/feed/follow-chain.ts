/**
 * Following messages of which each starts where the previous one ended. It subscribes, keeps what comes,
 * reads the state, and steps it from there; when a message is missing it reads the state again.
 */

import { setTimeout as sleep } from "node:timers/promises";

import type { Position } from "@exchange/streams/contract";
import { comparePositions } from "@exchange/streams/contract";
import { onReconnect } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { BUFFERED_MESSAGES_MAX } from "./limits.ts";
import type { Listen } from "./listen.ts";

const RELOAD_PAUSE_MS = 200;

export interface Link {
  readonly from: Position;
  readonly to: Position;
}

export interface ChainOptions<Message extends Link> {
  readonly connection: NatsConnection;
  readonly listen: Listen<Message>;
  /** Reads the state and returns its position. Throws while it cannot be read. */
  readonly load: () => Promise<Position>;
  /** The state is whole; not for the first time when messages were missed. */
  readonly onLoaded: (event: { readonly missed: boolean }) => void;
  /** The next message, and the position before it, which the message may overlap. */
  readonly onMessage: (message: Message, after: Position) => void;
  readonly onGap: () => void;
}

export interface Chain {
  /** Of the state. Undefined while it is being read. */
  readonly at: Position | undefined;
  stop(): void;
}

export function followChain<Message extends Link>(options: ChainOptions<Message>): Chain {
  let at: Position | undefined;
  let buffer: Message[] = [];
  const ending = new AbortController();
  let isLoading = false;
  let wasLoaded = false;

  /** False when the message starts after the state: something is missing between them. */
  function step(message: Message, position: Position): boolean {
    if (comparePositions(message.to, position) <= 0) return true;
    if (comparePositions(message.from, position) > 0) return false;
    at = message.to;
    options.onMessage(message, position);
    return true;
  }

  function receive(message: Message): void {
    if (at !== undefined && step(message, at)) return;
    if (at !== undefined) options.onGap();
    at = undefined;
    if (buffer.length >= BUFFERED_MESSAGES_MAX) buffer = [];
    buffer.push(message);
    void reload();
  }

  /** Goes on from what was read, unless something is missing between it and what came since. */
  function resume(loaded: Position): void {
    const next = buffer.find((message) => comparePositions(message.to, loaded) > 0);
    if (next !== undefined && comparePositions(next.from, loaded) > 0) return;
    const waiting = buffer;
    buffer = [];
    at = loaded;
    options.onLoaded({ missed: wasLoaded });
    wasLoaded = true;
    for (const message of waiting) receive(message);
  }

  async function reload(): Promise<void> {
    at = undefined;
    if (isLoading) return;
    isLoading = true;
    while (!ending.signal.aborted && at === undefined) {
      try {
        const loaded = await options.load();
        if (!ending.signal.aborted) resume(loaded);
      } catch {
        // The service is away or makes its views anew: listeners wait, and so does this.
      }
      if (at === undefined) await sleep(RELOAD_PAUSE_MS);
    }
    isLoading = false;
  }

  const stopHearing = options.listen(receive);
  // What was sent while the connection was down is lost.
  const stopListening = onReconnect(options.connection, () => void reload());
  void reload();
  return {
    get at() {
      return at;
    },
    stop() {
      ending.abort();
      stopListening();
      stopHearing();
    },
  };
}
