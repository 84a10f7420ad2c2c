/**
 * Who is active for a piece of work. It spreads work and shows who is alive; it never makes anything
 * safe: fences and cursors do.
 */

import { randomBytes } from "node:crypto";

import type { KV, NatsConnection } from "nats";

import { bucket } from "../subjects.ts";
import { LEASE_TTL_MS } from "../topology.ts";

const RENEW_MS = LEASE_TTL_MS / 3;
const CLAIM_TIMEOUT_MS = LEASE_TTL_MS / 6;
/** With one more timeout still inside the time to live: the holder gives up before anybody may take over. */
const GIVE_UP_MS = LEASE_TTL_MS - RENEW_MS;

export interface LeaseOptions {
  readonly connection: NatsConnection;
  /** What is leased, as a KV key: `engine.BTC-USD`. */
  readonly key: string;
  /** Who asks, for people who look: the instance's name. */
  readonly owner: string;
  readonly onGained: () => void;
  readonly onLost: () => void;
}

export interface Lease {
  readonly held: boolean;
  /** Gives the lease back at once, so that a successor need not wait for its end. */
  release(): Promise<void>;
}

/** Tries to get the lease, and to keep it, until released. */
export async function campaignForLease(options: LeaseOptions): Promise<Lease> {
  const js = options.connection.jetstream({ timeout: CLAIM_TIMEOUT_MS });
  const leases = await js.views.kv(bucket.leases, { bindOnly: true });
  const value = new TextEncoder().encode(`${options.owner} ${randomBytes(8).toString("hex")}`);
  const ending = new AbortController();
  let revision: number | undefined;
  let renewedAtMs = 0;

  async function turn(): Promise<boolean> {
    const askedAtMs = performance.now();
    const next = await claim(leases, { key: options.key, value, revision });
    if (next !== undefined) {
      const gained = revision === undefined;
      revision = next;
      renewedAtMs = askedAtMs;
      if (gained && !ending.signal.aborted) options.onGained();
    } else if (revision !== undefined && performance.now() - renewedAtMs > GIVE_UP_MS) {
      revision = undefined;
      options.onLost();
    }
    return next !== undefined;
  }

  async function campaign(): Promise<void> {
    while (!ending.signal.aborted) {
      const renewed = await turn();
      if (!ending.signal.aborted) await Bun.sleep(renewed ? RENEW_MS : RENEW_MS / 4);
    }
  }

  const campaigning = campaign();
  return {
    get held() {
      return revision !== undefined;
    },
    async release() {
      ending.abort();
      await campaigning;
      if (revision === undefined) return;
      await leases.delete(options.key, { previousSeq: revision }).catch(() => {
        // Gone or taken already: it ends by itself.
      });
      revision = undefined;
    },
  };
}

interface Claim {
  readonly key: string;
  readonly value: Uint8Array;
  /** Of the lease held now, if any. */
  readonly revision: number | undefined;
}

/** The new revision, or undefined when somebody else holds the lease or the server did not answer. */
async function claim(leases: KV, { key, value, revision }: Claim): Promise<number | undefined> {
  try {
    return revision === undefined
      ? await leases.create(key, value)
      : await leases.update(key, value, revision);
  } catch {
    return undefined;
  }
}
