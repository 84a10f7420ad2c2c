/**
 * Making a market's definition follow what its events say. It has a loop of its own, since views must go on while
 * the definitions cannot be written, and only the newest status counts.
 */

import type { MarketId, MarketStatus, Position } from "@exchange/streams/contract";
import { writeMarketStatus } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { patiently } from "./patiently.ts";

export interface StatusOptions {
  readonly connection: NatsConnection;
  readonly market: MarketId;
  readonly signal: AbortSignal;
  /** Called with the first of the failures in a row. */
  readonly onTrouble: (error: unknown) => void;
}

/** Returns at once. Whoever dies before it is written leaves it to the next one's start. */
export type ShowStatus = (status: MarketStatus) => void;

export function createStatusWriter(options: StatusOptions): ShowStatus {
  const { connection, market, signal } = options;
  let wanted: MarketStatus | undefined;
  /** The change that the market's definition shows, at least. */
  let shownAt: Position | undefined;
  let isWriting = false;
  let isTroubled = false;

  const isBehind = (): boolean => wanted?.changedAt !== shownAt;

  function onTrouble(error: unknown): void {
    if (error !== undefined && !isTroubled) options.onTrouble(error);
    isTroubled = error !== undefined;
  }

  async function writeNewest(): Promise<Position | undefined> {
    const status = wanted;
    if (status !== undefined) await writeMarketStatus(connection, market, status);
    return status?.changedAt;
  }

  async function writeWanted(): Promise<void> {
    isWriting = true;
    try {
      while (isBehind()) shownAt = await patiently({ signal, onTrouble }, writeNewest);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      isWriting = false;
    }
  }

  return (status) => {
    wanted = status;
    if (!isWriting && isBehind()) void writeWanted();
  };
}
