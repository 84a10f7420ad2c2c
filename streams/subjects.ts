/** Every name on NATS in one place. A market's epoch is part of the names of its logs. */

import type { MarketId } from "./contract/index.ts";

export const stream = {
  /** The command log, a KV bucket's stream. */
  commands: (market: MarketId, epoch: number) => `KV_CMD_${market}_${epoch}` as const,
  /** The event log. */
  events: (market: MarketId, epoch: number) => `EV_${market}_${epoch}` as const,
} as const;

export const bucket = {
  markets: "MARKETS",
  dedup: "DEDUP",
  leases: "LEASES",
  snapshots: "SNAPSHOTS",
} as const;

export const subject = {
  /** One record of the command log; `key` is `<writer>.<n>`. */
  command: (market: MarketId, epoch: number, key: string) =>
    `$KV.CMD_${market}_${epoch}.${key}` as const,
  commands: (market: MarketId, epoch: number) => `$KV.CMD_${market}_${epoch}.>` as const,
  /** The epoch is in the subject too, because two streams may not share one. */
  events: (market: MarketId, epoch: number) => `ev.${market}.${epoch}` as const,
  /** Frames as core messages, after they were stored. */
  republishedEvents: (market: MarketId) => `rp.${market}` as const,
  /** Public market data, core messages with positions. */
  publicData: (market: MarketId, channel: string) => `md.${market}.${channel}` as const,
  /** Balances that changed, one message a ledger transaction, for the gateways. */
  balanceChanges: "balances.changed",
  /** Revoked token ids and a heartbeat, for the gateways. */
  revokedTokens: "revoked.tokens",
  /** Which trading sessions have a client behind them, from the gateways to every order process. */
  sessionBeats: "order.session-beats",
  /** Request and reply: the service's name and the endpoint's. */
  request: (service: string, endpoint: string) => `${service}.${endpoint}` as const,
} as const;
