/**
 * What is new in market data: whether a subject of `md.>` had a message since. Only what somebody reads is listened to.
 */

import { onReconnect } from "@exchange/streams/runtime";
import type { NatsConnection, Subscription } from "nats";

export interface MarketNews {
  /** Grows with every message of the subject, and whenever some may have been missed. */
  version(subject: string): number;
  stop(): void;
}

const SWEEP_MS = 10_000;

interface Followed {
  readonly subscription: Subscription;
  isRead: boolean;
}

export function createMarketNews(connection: NatsConnection): MarketNews {
  const followed = new Map<string, Followed>();
  const versions = new Map<string, number>();
  /** Never goes back, so that no version comes twice. */
  let newest = 0;

  function bump(subject: string): number {
    newest += 1;
    versions.set(subject, newest);
    return newest;
  }

  const stopListening = onReconnect(connection, () => {
    for (const subject of followed.keys()) bump(subject);
  });
  const sweeping = setInterval(() => {
    for (const [subject, one] of followed) {
      if (one.isRead) {
        one.isRead = false;
        continue;
      }
      one.subscription.unsubscribe();
      followed.delete(subject);
      versions.delete(subject);
    }
  }, SWEEP_MS);

  return {
    version(subject) {
      const known = followed.get(subject);
      if (known !== undefined) {
        known.isRead = true;
        return versions.get(subject) ?? bump(subject);
      }
      // The server knows of it before it is asked anything on the same connection, so that no news falls between.
      const subscription = connection.subscribe(subject, { callback: () => void bump(subject) });
      followed.set(subject, { subscription, isRead: true });
      return bump(subject);
    },
    stop() {
      clearInterval(sweeping);
      stopListening();
      for (const { subscription } of followed.values()) subscription.unsubscribe();
    },
  };
}
