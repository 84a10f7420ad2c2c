import { expect, test } from "bun:test";

import { readExpression } from "./expression.ts";

test.each([
  ["up == 0", ["up"], []],
  ["rate(a_total[1m]) > 1.5e9", ["a_total"], []],
  [
    'histogram_quantile(0.9, sum by (le, x) (rate(a_bucket{y=~"[a-z]{2}"}[1m])))',
    ["a_bucket"],
    ["y", "le", "x"],
  ],
  ["a > 0 and on (x) (b unless c offset 1h)", ["a", "b", "c"], ["x"]],
  ["time() - a", ["a"], []],
])("%s", (expression, series, labels) =>
  expect(readExpression(expression)).toEqual({ series, labels }),
);
