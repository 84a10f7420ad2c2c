/** The numbers of the exchange, branded so that ticks never meet lots by accident. */

declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Count of the market's smallest price step. Integer, 1 to 2^31 - 1. */
export type PriceTicks = Brand<number, "PriceTicks">;

/** Count of the market's smallest quantity. Non-negative safe integer. */
export type QtyLots = Brand<number, "QtyLots">;

/**
 * What an order may spend or has spent, in the engine's units of its hold asset: lots for a sell,
 * ticks × lots for a buy. Non-negative safe integer; a product past 2^53 - 1 is refused.
 */
export type SpendUnits = Brand<number, "SpendUnits">;

/** A whole number of an asset's smallest units. Signed: postings go both ways. */
export type Amount = Brand<bigint, "Amount">;

export const PRICE_TICKS_MAX = 2 ** 31 - 1;

/** Returns undefined when the value is outside 1 to 2^31 - 1. */
export function priceTicks(value: number): PriceTicks | undefined {
  return Number.isInteger(value) && value >= 1 && value <= PRICE_TICKS_MAX
    ? (value as PriceTicks)
    : undefined;
}

/** Returns undefined when the value is not a non-negative safe integer. */
export function qtyLots(value: number): QtyLots | undefined {
  return Number.isSafeInteger(value) && value >= 0 ? (value as QtyLots) : undefined;
}

/** Returns undefined when the value is not a non-negative safe integer. */
export function spendUnits(value: number): SpendUnits | undefined {
  return Number.isSafeInteger(value) && value >= 0 ? (value as SpendUnits) : undefined;
}

/** Throws when the value is outside its range: for numbers that were checked before they were stored. */
export function assertPriceTicks(value: number): PriceTicks {
  return priceTicks(value) ?? outOfRange("price", value);
}

/** Throws when the value is outside its range: for numbers that were checked before they were stored. */
export function assertQtyLots(value: number): QtyLots {
  return qtyLots(value) ?? outOfRange("quantity", value);
}

/** Throws when the value is outside its range: what an order can spend is never negative or inexact. */
export function assertSpendUnits(value: number): SpendUnits {
  return spendUnits(value) ?? outOfRange("spend", value);
}

export function amount(value: bigint): Amount {
  return value as Amount;
}

/** What a price and a quantity cost, in ticks × lots. Undefined past 2^53 - 1. */
export function notional(price: PriceTicks, qty: QtyLots): SpendUnits | undefined {
  return spendUnits(price * qty);
}

/** Rates are parts per million: 1,000 ppm is 0.1 %. */
const PPM = 1_000_000n;

/** The fee on what a fill's side received: rounded up, for the house, never above `received`. */
export function feeOf(received: Amount, ratePpm: number): Amount {
  const fee = (received * BigInt(ratePpm) + PPM - 1n) / PPM;
  return amount(fee > received ? received : fee);
}

function outOfRange(unit: string, value: number): never {
  throw new Error(`invariant broken: ${unit} ${value} is out of range`);
}
