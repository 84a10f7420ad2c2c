import { expect, test } from "bun:test";

import fc from "fast-check";

import { bookChecksum } from "./checksum.ts";
import type { FormattedLevel } from "./sorted-levels.ts";
import { createSortedLevels } from "./sorted-levels.ts";

const changes = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat({ max: 3 })));

test.each(["bids", "asks"] as const)("%s are in order whatever changed", (side) => {
  fc.assert(
    fc.property(changes, fc.nat({ max: 40 }), (steps, count) => {
      const levels = createSortedLevels(side);
      const known = new Map<number, FormattedLevel>();
      for (const [price, quantity] of steps) {
        const level: FormattedLevel = [String(price), String(quantity)];
        levels.set(price, quantity === 0 ? undefined : level);
        if (quantity === 0) known.delete(price);
        else known.set(price, level);
      }
      const sorted = [...known.values()].toSorted((a, b) =>
        side === "bids" ? Number(b[0]) - Number(a[0]) : Number(a[0]) - Number(b[0]),
      );
      expect(levels.best()).toEqual(sorted);
      expect(levels.best(count)).toEqual(sorted.slice(0, count));
    }),
  );
});

test("the checksum is the CRC-32 of the ten best levels, a bid and an ask in turn", () => {
  // CRC-32 of "2.00:1:3.00:5:1.00:4", worked out with zlib.
  const bids: FormattedLevel[] = [
    ["2.00", "1"],
    ["1.00", "4"],
  ];
  expect(bookChecksum(bids, [["3.00", "5"]])).toBe(3_730_373_921);
  const many = Array.from({ length: 12 }, (_, place): FormattedLevel => [String(place), "1"]);
  expect(bookChecksum(many, many)).toBe(bookChecksum(many.slice(0, 10), many.slice(0, 10)));
  expect(bookChecksum([], [])).toBe(0);
});
