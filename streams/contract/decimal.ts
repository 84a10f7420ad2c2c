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
