/** Tells the gateways what is revoked, and that nothing is: they act on silence and on missing numbers. */

import { encodeJson, subject } from "@exchange/streams";
import type { NatsConnection } from "nats";

import { REVOCATION_HEARTBEAT_MS, type RevocationMessage, type RevokedToken } from "./api.ts";
import { mintId } from "./random-id.ts";

/** About 120 KB. */
const REVOKED_PER_MESSAGE_MAX = 1000;

export interface RevocationPublisher {
  /** Resolves when the server has it. Rejects when that is unknown; the next number then tells the gateways. */
  publish(revoked: readonly RevokedToken[]): Promise<void>;
  stop(): void;
}

/** Starts the heartbeat. */
export function createRevocationPublisher(connection: NatsConnection): RevocationPublisher {
  const writer = mintId();
  let number = 0;

  function send(revoked: readonly RevokedToken[]): void {
    number += 1;
    const message: RevocationMessage = { v: 1, writer, number, revoked };
    connection.publish(subject.revokedTokens, encodeJson(message));
  }

  send([]);
  const heartbeat = setInterval(() => send([]), REVOCATION_HEARTBEAT_MS);
  return {
    async publish(revoked) {
      for (let start = 0; start < revoked.length; start += REVOKED_PER_MESSAGE_MAX) {
        send(revoked.slice(start, start + REVOKED_PER_MESSAGE_MAX));
      }
      await connection.flush();
    },
    stop: () => clearInterval(heartbeat),
  };
}
