/** What a market and an asset are, and the exact conversions that follow from it. */

import { formatDecimal, formatSmallDecimal, parseDecimal, parseSmallDecimal } from "./decimal.ts";
import type { MarketEvent, Position } from "./event.ts";
import type { AssetId, MarketId } from "./ids.ts";
import type { MarketState, TradingRules } from "./rules.ts";
import type { Amount, PriceTicks, QtyLots, SpendUnits } from "./units.ts";
import { amount, priceTicks, qtyLots, spendUnits } from "./units.ts";

/** Stored as `asset.<ID>` in the MARKETS bucket. */
export interface AssetDefinition {
  readonly asset: AssetId;
  /** Digits after the point of the smallest unit the ledger keeps. */
  readonly scale: number;
  /** Digits after the point of a payout. At most `scale`. */
  readonly payoutScale: number;
}

export interface FeeTier {
  /** From 1. */
  readonly tier: number;
  /** What an account has to have traded in thirty days in markets with the same quote, in its smallest units, as text. */
  readonly volume: string;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
}

export interface MarketFees {
  /** By rising volume. */
  readonly tiers: readonly FeeTier[];
  /** Every rate that a tier has or had, and which: a rate is one tier's for ever. */
  readonly rates: {
    readonly maker: Readonly<Record<string, number>>;
    readonly taker: Readonly<Record<string, number>>;
  };
}

/**
 * Stored as `market.<ID>` in the MARKETS bucket: a view of what the log's admin commands decided.
 * Tick, lot and scales never change.
 */
export interface MarketDefinition {
  readonly market: MarketId;
  readonly base: AssetId;
  readonly quote: AssetId;
  readonly baseScale: number;
  readonly quoteScale: number;
  /** Smallest price step, in quote units of one whole base unit, as a decimal. */
  readonly tick: string;
  /** Smallest quantity, in base, as a decimal. */
  readonly lot: string;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  /** Absent: the market's own rates are everybody's. */
  readonly fees?: MarketFees;
  readonly state: MarketState;
  /** Absent: none. */
  readonly rules?: TradingRules;
  /** Counts up with every change of a rule; a command carries it and the engine compares. */
  readonly version: number;
  /** The event of the log that this follows from. Absent: none yet. */
  readonly changedAt?: Position;
  readonly epoch: number;
}

/** The part of a definition that events change. */
export type MarketStatus = Pick<MarketDefinition, "state" | "rules" | "version" | "changedAt">;

/** Of a market that was just listed. */
export const GENESIS_STATUS: MarketStatus = { state: "continuous", version: 1 };

/** The same object when the event changes nothing. */
export function statusAfter(status: MarketStatus, event: MarketEvent): MarketStatus {
  if (event.kind !== "MarketStateChanged" && event.kind !== "MarketRulesChanged") return status;
  const { command, index, definitionVersion: version } = event;
  const after = { ...status, version, changedAt: { command, index } };
  return event.kind === "MarketStateChanged"
    ? { ...after, state: event.state }
    : { ...after, rules: event.rules };
}

/** A definition with its conversions worked out. */
export interface Market extends MarketDefinition {
  /** Smallest base units in a lot. */
  readonly unitsPerLot: bigint;
  /** Smallest quote units in a tick × lot. */
  readonly unitsPerTickLot: bigint;
  /** Smallest quote units in a tick, for one whole base. */
  readonly unitsPerTick: bigint;
  readonly tickDecimals: number;
  readonly lotDecimals: number;
  /** The tick and the lot in units of their own last decimal: 25 for a tick of 0.25. */
  readonly tickDigits: number;
  readonly lotDigits: number;
}

const FEE_MAX_PPM = 1_000_000;

/**
 * Throws when tick × lot is not a whole number of quote units, such a market would have to round, and when a fee is
 * not a whole number of parts per million up to all of it.
 */
export function createMarket(definition: MarketDefinition): Market {
  const { market, tick, lot, baseScale, quoteScale, makerFeePpm, takerFeePpm } = definition;
  for (const feePpm of [makerFeePpm, takerFeePpm]) {
    if (Number.isSafeInteger(feePpm) && feePpm >= 0 && feePpm <= FEE_MAX_PPM) continue;
    throw new Error(`market ${market}: a fee is 0 to ${FEE_MAX_PPM} parts per million`);
  }
  const unitsPerTick = parseDecimal(tick, quoteScale);
  const unitsPerLot = parseDecimal(lot, baseScale);
  if (typeof unitsPerTick === "string" || typeof unitsPerLot === "string") {
    throw new Error(`market ${market}: tick or lot is finer than its asset's scale`);
  }
  const product = unitsPerTick * unitsPerLot;
  const oneBase = 10n ** BigInt(baseScale);
  if (product === 0n || product % oneBase !== 0n) {
    throw new Error(`market ${market}: tick × lot is not a whole number of quote units`);
  }
  return {
    ...definition,
    unitsPerLot,
    unitsPerTickLot: product / oneBase,
    unitsPerTick,
    tickDecimals: decimalsOf(tick),
    lotDecimals: decimalsOf(lot),
    tickDigits: Number(tick.replace(".", "")),
    lotDigits: Number(lot.replace(".", "")),
  };
}

export type NumberRefusal =
  "NOT_A_DECIMAL" | "TOO_PRECISE" | "TOO_LONG" | "OFF_STEP" | "OUT_OF_RANGE";

/** Decimal price to ticks. Zero is out of range. */
export function parsePrice(market: Market, text: string): PriceTicks | NumberRefusal {
  const ticks = parseSteps(text, market.quoteScale, market.unitsPerTick);
  return typeof ticks === "string" ? ticks : (priceTicks(ticks) ?? "OUT_OF_RANGE");
}

/** Decimal base quantity to lots. Zero is out of range. */
export function parseQty(market: Market, text: string): QtyLots | NumberRefusal {
  const lots = parseSteps(text, market.baseScale, market.unitsPerLot);
  if (typeof lots === "string") return lots;
  return lots === 0 ? "OUT_OF_RANGE" : (qtyLots(lots) ?? "OUT_OF_RANGE");
}

/** Decimal quote budget to ticks × lots. Zero is out of range. */
export function parseBudget(market: Market, text: string): SpendUnits | NumberRefusal {
  const units = parseSteps(text, market.quoteScale, market.unitsPerTickLot);
  if (typeof units === "string") return units;
  return units === 0 ? "OUT_OF_RANGE" : (spendUnits(units) ?? "OUT_OF_RANGE");
}

export function formatPrice(market: Market, ticks: number): string {
  const digits = ticks * market.tickDigits;
  if (digits >= 0 && Number.isSafeInteger(digits)) {
    return formatSmallDecimal(digits, market.tickDecimals);
  }
  return formatDecimal(BigInt(ticks) * market.unitsPerTick, market.quoteScale, market.tickDecimals);
}

export function formatQty(market: Market, lots: number): string {
  const digits = lots * market.lotDigits;
  if (digits >= 0 && Number.isSafeInteger(digits)) {
    return formatSmallDecimal(digits, market.lotDecimals);
  }
  return formatDecimal(BigInt(lots) * market.unitsPerLot, market.baseScale, market.lotDecimals);
}

/** Lots as the ledger counts them, in base units. */
export function baseAmount(market: Market, lots: number): Amount {
  return amount(BigInt(lots) * market.unitsPerLot);
}

/** Ticks × lots as the ledger counts them, in quote units. Takes a bigint where a sum may pass 2^53. */
export function quoteAmount(market: Market, tickLots: number | bigint): Amount {
  return amount(BigInt(tickLots) * market.unitsPerTickLot);
}

/** The asset an order holds and the amount its engine units stand for. */
export function holdAsset(market: Market, side: "buy" | "sell"): AssetId {
  return side === "buy" ? market.quote : market.base;
}

export function holdAmount(market: Market, side: "buy" | "sell", units: number): Amount {
  return side === "buy" ? quoteAmount(market, units) : baseAmount(market, units);
}

function parseSteps(text: string, scale: number, step: bigint): number | NumberRefusal {
  const small = parseSmallDecimal(text, scale);
  if (small !== undefined && step <= Number.MAX_SAFE_INTEGER) {
    return small % Number(step) === 0 ? small / Number(step) : "OFF_STEP";
  }
  const units = parseDecimal(text, scale);
  if (typeof units === "string") return units;
  if (units % step !== 0n) return "OFF_STEP";
  const steps = Number(units / step);
  return Number.isSafeInteger(steps) ? steps : "OUT_OF_RANGE";
}

function decimalsOf(text: string): number {
  return text.split(".")[1]?.length ?? 0;
}
