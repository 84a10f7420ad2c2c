import { expect, test } from "bun:test";

import { skewOf } from "./clock-skew.ts";

test.each([
  ["no difference shows while the server's time lies between our readings", 1000, 1040, 1020, 0],
  ["a server behind us makes us fast", 1000, 1040, 900, 100],
  ["a server ahead of us makes us slow", 1000, 1040, 1100, -60],
])("%s", (_, beforeMs, afterMs, storedMs, skewMs) => {
  expect(skewOf({ beforeMs, afterMs, storedMs })).toBe(skewMs);
});
