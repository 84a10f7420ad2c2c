import { expect, test } from "bun:test";

import fc from "fast-check";

import { placesInOrder } from "./places-in-order.ts";

test("places are those of a sort, and equal values stand as they stood", () => {
  const value = fc.oneof(fc.nat(70_000), fc.maxSafeNat());
  fc.assert(
    fc.property(fc.array(value, { maxLength: 300 }), (values) => {
      const sorted = [...values.keys()].toSorted(
        (left, right) => (values[left] ?? 0) - (values[right] ?? 0),
      );
      expect([...placesInOrder(Float64Array.from(values))]).toEqual(sorted);
    }),
  );
});
