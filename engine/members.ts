/**
 * The engine processes that are alive: each writes a key of its own again and again, and sees everybody's. They
 * spread the markets among themselves by it. Two that see it differently both publish, or neither
 * does; the fence makes the first safe, and a standby that sees nobody publish ends the second.
 */

import { randomBytes } from "node:crypto";

import { bucket, LEASE_TTL_MS } from "@exchange/streams";
import { assert } from "@exchange/streams/contract";
import { onReconnect } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { rankMembers } from "./rendezvous.ts";

const PREFIX = "engine";
const RENEW_MS = LEASE_TTL_MS / 6;
/** Struck off after it: before that, one that died keeps another from standing by in its place. */
const SILENCE_MAX_MS = LEASE_TTL_MS / 2;

export interface Members {
  /** 0 acts, 1 stands by, the others rest. */
  rankFor(market: string): number;
  /** Calls back whenever somebody joined or left. */
  onChange(listener: () => void): void;
  /** Leaves at once, so that a successor need not wait for the entry's end. */
  leave(): Promise<void>;
}

/** Resolves once this process is a member and knows the others. */
export async function joinMembers(connection: NatsConnection, instance: string): Promise<Members> {
  const leases = await connection
    .jetstream({ timeout: RENEW_MS })
    .views.kv(bucket.leases, { bindOnly: true });
  const own = `${PREFIX}.${instance.replaceAll(/[^\w-]/g, "-")}.${randomBytes(8).toString("hex")}`;
  const value = new TextEncoder().encode(instance);
  const roll = new Roll(own);
  const listeners: (() => void)[] = [];
  const tell = (): void => {
    for (const listener of listeners) listener();
  };

  async function renew(): Promise<void> {
    const askedMs = performance.now();
    await leases.put(own, value);
    if (roll.renewed(askedMs)) tell();
  }

  let isLeaving = false;
  const known = Promise.withResolvers<void>();
  const entries = await leases.watch({ key: `${PREFIX}.>`, initializedFn: known.resolve });
  void (async () => {
    for await (const { key, operation } of entries) {
      const hasChanged = operation === "PUT" ? roll.saw(key, performance.now()) : roll.left(key);
      if (hasChanged) tell();
    }
    // Without it all others would seem to be gone. Nobody catches this: the process ends and joins anew.
    assert(isLeaving, "the members are watched for as long as this process is one");
  })();
  await renew();
  await known.promise;

  const timer = setInterval(() => {
    // Without an answer nobody is struck off: it may be this process that is cut off.
    void renew().catch(() => roll.cutOff());
  }, RENEW_MS);
  const forget = onReconnect(connection, () => roll.cutOff());
  return {
    rankFor: (market) => roll.rankFor(market),
    onChange(listener) {
      listeners.push(listener);
    },
    async leave() {
      isLeaving = true;
      clearInterval(timer);
      forget();
      entries.stop();
      // It ends by itself when this fails.
      await leases.delete(own).catch(() => undefined);
    },
  };
}

/**
 * Who was seen when. Whether somebody is gone is asked when this process heard from the server itself: whatever the
 * others said before it asked came before the answer, so that a process that slept, or had a large book to load,
 * has heard it too.
 */
class Roll {
  readonly #own: string;
  readonly #seenMs = new Map<string, number>();
  #isCutOff = false;

  constructor(own: string) {
    this.#own = own;
    this.#seenMs.set(own, Infinity);
  }

  /** The others may not be heard for the same reason as this process. */
  cutOff(): void {
    this.#isCutOff = true;
  }

  /** Whether this is a new member. */
  saw(member: string, nowMs: number): boolean {
    const isNew = !this.#seenMs.has(member);
    this.#seenMs.set(member, nowMs);
    return isNew;
  }

  /** Whether it was a member. This process is one for as long as it lives. */
  left(member: string): boolean {
    return member !== this.#own && this.#seenMs.delete(member);
  }

  /** The server answered what was asked then. Whether somebody was struck off. */
  renewed(askedMs: number): boolean {
    const wasCutOff = this.#isCutOff;
    this.#isCutOff = false;
    let hasChanged = false;
    for (const [member, seenMs] of this.#seenMs) {
      if (wasCutOff && member !== this.#own) this.#seenMs.set(member, performance.now());
      else if (askedMs - seenMs > SILENCE_MAX_MS) hasChanged = this.left(member) || hasChanged;
    }
    return hasChanged;
  }

  rankFor(market: string): number {
    return rankMembers(market, this.#seenMs.keys()).indexOf(this.#own);
  }
}
