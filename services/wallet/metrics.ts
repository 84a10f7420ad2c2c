/** What the wallet shows of itself on `/metrics`. */

import type { Registry } from "prom-client";
import { Counter, Gauge, Histogram } from "prom-client";

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500];

export type WalletMetrics = ReturnType<typeof createMetrics>;

export function createMetrics(registry: Registry) {
  return {
    ...createHoldMetrics([registry]),
    ...createSettlementMetrics([registry]),
    ...createPayoutMetrics([registry]),
    ...createSolvencyMetrics([registry]),
    retries: new Counter({
      name: "wallet_transaction_retries_total",
      help: "Transactions run again after a deadlock or a lock timeout",
      labelNames: ["work"] as const,
      registers: [registry],
    }),
  };
}

function createHoldMetrics(registers: Registry[]) {
  return {
    holdBatchSize: new Histogram({
      name: "wallet_hold_batch_size",
      help: "Hold requests in one transaction",
      buckets: SIZES,
      registers,
    }),
    holdSeconds: new Histogram({
      name: "wallet_hold_seconds",
      help: "From the arrival of hold requests to their decisions",
      buckets: SECONDS,
      registers,
    }),
    holdDecisions: new Counter({
      name: "wallet_hold_decisions_total",
      help: "Decided hold requests",
      labelNames: ["kind"] as const,
      registers,
    }),
    clockSkewSeconds: new Gauge({
      name: "wallet_clock_skew_seconds",
      help: "This process's clock minus the NATS server's",
      registers,
    }),
  };
}

function createPayoutMetrics(registers: Registry[]) {
  return {
    bankWords: new Counter({
      name: "wallet_bank_words_total",
      help: "What the bank said of payouts; unknown is no answer",
      labelNames: ["kind"] as const,
      registers,
    }),
    locks: new Counter({
      name: "wallet_withdrawal_locks_total",
      help: "How locks on withdrawals came out",
      labelNames: ["outcome"] as const,
      registers,
    }),
    alarms: new Counter({
      name: "wallet_alarms_total",
      help: "What a person has to look at: deposits, withdrawals, and a ledger that does not sum to zero",
      registers,
    }),
  };
}

function createSolvencyMetrics(registers: Registry[]) {
  return {
    solvencySeconds: new Histogram({
      name: "wallet_solvency_look_seconds",
      help: "Duration of one look at all balances and the new entries",
      buckets: SECONDS,
      registers,
    }),
    ledgerBreaches: new Gauge({
      name: "wallet_ledger_breach",
      help: "1 from the look that found the ledger wrong until it is right and withdrawals are resumed; of the wallet that watches",
      registers,
    }),
  };
}

function createSettlementMetrics(registers: Registry[]) {
  const perMarket = { registers, labelNames: ["market"] as const };
  return {
    settlementSeconds: new Histogram({
      ...perMarket,
      name: "wallet_settlement_transaction_seconds",
      help: "Duration of settlement transactions",
      buckets: SECONDS,
    }),
    settledEvents: new Counter({
      ...perMarket,
      name: "wallet_settled_events_total",
      help: "Market events whose effects are committed",
    }),
    settlementDelaySeconds: new Gauge({
      ...perMarket,
      name: "wallet_settlement_delay_seconds",
      help: "From the engine's time of the last settled command to its commit",
    }),
    settlementQueueFrames: new Gauge({
      ...perMarket,
      name: "wallet_settlement_queue_frames",
      help: "Frames received and not settled yet",
    }),
    overdueHolds: new Gauge({
      ...perMarket,
      name: "wallet_overdue_holds",
      help: "Holds past their deadline that nothing has decided yet; of the oldest groups",
    }),
    pendingHoldOverdueSeconds: new Gauge({
      ...perMarket,
      name: "wallet_pending_hold_overdue_seconds",
      help: "How long the oldest pending hold is past its deadline",
    }),
    voidedHolds: new Counter({
      ...perMarket,
      name: "wallet_voided_holds_total",
      help: "Holds released at their deadline",
    }),
    ticks: new Counter({
      ...perMarket,
      name: "wallet_ticks_total",
      help: "Ticks appended to move the engine's clock",
    }),
  };
}
