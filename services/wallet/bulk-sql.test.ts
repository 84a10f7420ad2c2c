import { expect, test } from "bun:test";

import fc from "fast-check";

import { sqlLiteral, sqlRow } from "./bulk-sql.ts";

test("a row is numbers as they are and text in quotes", () => {
  expect(sqlRow([1, -(10n ** 37n), "BTC-USD:1024-0", null])).toBe(
    `(1,-${10n ** 37n},'BTC-USD:1024-0',null)`,
  );
});

test("text that could end a literal is refused", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (/^[A-Za-z0-9_.:@-]*$/.test(text)) expect(sqlLiteral(text)).toBe(`'${text}'`);
      else expect(() => sqlLiteral(text)).toThrow("in a bulk statement");
    }),
  );
  expect(() => sqlLiteral("a\n")).toThrow();
  expect(() => sqlLiteral("it's")).toThrow();
});

test("what only claims to be a number is refused", () => {
  const claimed: unknown[] = [
    "1) or (1=1",
    ["1) or (1=1"],
    { toString: () => "1" },
    true,
    0.5,
    NaN,
  ];
  for (const value of claimed) {
    const holdIds: number[] = JSON.parse("[]");
    Reflect.set(holdIds, 0, value);
    expect(() => holdIds.map(sqlLiteral)).toThrow("in a bulk statement");
  }
});
