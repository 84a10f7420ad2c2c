import { expect, test } from "bun:test";

import fc from "fast-check";

import { formatDecimal, formatSmallDecimal, parseDecimal, parseSmallDecimal } from "./decimal.ts";

test("text that is formatted and parsed again is the same number", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 25n }),
      fc.integer({ min: 0, max: 12 }),
      (units, scale) => {
        expect(parseDecimal(formatDecimal(units, scale), scale)).toBe(units);
      },
    ),
  );
});

test("text is refused or exact, never rounded", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."0123456789.+-e ,_".split("")), maxLength: 45 }),
      (text) => {
        const units = parseDecimal(text, 8);
        if (typeof units === "string") return;
        const [whole = "", fraction = ""] = text.split(".");
        expect(fraction.length).toBeLessThanOrEqual(8);
        expect(units).toBe(BigInt(whole) * 10n ** 8n + BigInt(fraction.padEnd(8, "0")));
      },
    ),
  );
});

const numberLike = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."0123456789.-e ".split("")), maxLength: 20 }),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.integer({ min: 0, max: 12 }))
    .map(([units, decimals]) => formatDecimal(units, decimals, decimals)),
);

test("the fast parser agrees with the exact one wherever it answers", () => {
  fc.assert(
    fc.property(numberLike, fc.integer({ min: 0, max: 12 }), (text, scale) => {
      const small = parseSmallDecimal(text, scale);
      const exact = parseDecimal(text, scale);
      if (small !== undefined) expect(BigInt(small)).toBe(BigInt(exact));
      else if (typeof exact === "bigint") {
        expect(exact > BigInt(Number.MAX_SAFE_INTEGER) || text.length > 16).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

test("the fast formatter writes what the exact one writes", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 12 }), (units, decimals) => {
      expect(formatSmallDecimal(units, decimals)).toBe(
        formatDecimal(BigInt(units), decimals, decimals),
      );
    }),
  );
});

test.each([
  ["", "NOT_A_DECIMAL"],
  ["-1", "NOT_A_DECIMAL"],
  ["+1", "NOT_A_DECIMAL"],
  ["1e3", "NOT_A_DECIMAL"],
  ["01", "NOT_A_DECIMAL"],
  ["1.", "NOT_A_DECIMAL"],
  [".5", "NOT_A_DECIMAL"],
  ["٣", "NOT_A_DECIMAL"],
  ["1 ", "NOT_A_DECIMAL"],
  ["0x10", "NOT_A_DECIMAL"],
  ["1.123456789", "TOO_PRECISE"],
  ["1.000000000", "TOO_PRECISE"],
  ["1".repeat(39), "TOO_LONG"],
  ["1".repeat(31), "TOO_LONG"],
] as const)("%p is refused as %s", (text, refusal) => {
  expect(parseDecimal(text, 8)).toBe(refusal);
});
