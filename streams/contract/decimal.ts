/** Decimal text to whole numbers and back. It refuses what it would have to round. */

/** Longest accepted text. DECIMAL(38,0) holds any amount that passes. */
const DECIMAL_LENGTH_MAX = 38;
const DECIMAL_PATTERN = /^(?:0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

export type DecimalRefusal = "NOT_A_DECIMAL" | "TOO_PRECISE" | "TOO_LONG";

/**
 * Whole number of units of 10^-scale. ASCII digits and at most one point: no sign, exponent, leading
 * zero or blank. Trailing zeros past the scale are refused as well, since precision was promised.
 */
export function parseDecimal(text: string, scale: number): bigint | DecimalRefusal {
  if (text.length > DECIMAL_LENGTH_MAX) return "TOO_LONG";
  const match = DECIMAL_PATTERN.exec(text);
  if (match === null) return "NOT_A_DECIMAL";
  const fraction = match[1] ?? "";
  if (fraction.length > scale) return "TOO_PRECISE";
  const units = BigInt(text.replace(".", "") + "0".repeat(scale - fraction.length));
  return units.toString().length > DECIMAL_LENGTH_MAX ? "TOO_LONG" : units;
}

/** Text with `decimals` digits after the point, or the shortest exact text when not given. */
export function formatDecimal(units: bigint, scale: number, decimals?: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale);
  const kept = decimals === undefined ? fraction.replace(/0+$/, "") : fraction.slice(0, decimals);
  return `${units < 0n ? "-" : ""}${whole}${kept === "" ? "" : `.${kept}`}`;
}

/** No safe integer has more digits. */
const SAFE_LENGTH_MAX = 16;
const DIGIT_ZERO = 48;
const POINT = 46;

/**
 * As `parseDecimal` for the everyday numbers that fit a safe integer, at a fraction of the cost: no
 * bigint, no match. Undefined says nothing: ask `parseDecimal`, which also knows why it refuses.
 */
export function parseSmallDecimal(text: string, scale: number): number | undefined {
  const { length } = text;
  if (length === 0 || length > SAFE_LENGTH_MAX) return undefined;
  let units = 0;
  let point = -1;
  for (let at = 0; at < length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === POINT && point < 0 && at > 0 && at < length - 1) {
      point = at;
      continue;
    }
    const digit = character - DIGIT_ZERO;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    units = units * 10 + digit;
  }
  if (text.charCodeAt(0) === DIGIT_ZERO && length > 1 && point !== 1) return undefined;
  const decimals = point < 0 ? 0 : length - 1 - point;
  if (decimals > scale) return undefined;
  const scaled = units * 10 ** (scale - decimals);
  return Number.isSafeInteger(units) && Number.isSafeInteger(scaled) ? scaled : undefined;
}

/** As `formatDecimal` with all `decimals` shown, for a non-negative safe integer. */
export function formatSmallDecimal(units: number, decimals: number): string {
  if (decimals === 0) return String(units);
  const digits = String(units).padStart(decimals + 1, "0");
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
