import { expect, test } from "bun:test";

import { readJunitCounts } from "./junit.ts";

test("the totals of a report are its tests less the failed and the skipped ones", () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="12" assertions="30" failures="2" skipped="1" time="0.5">
  <testsuite name="a.test.ts" tests="99" failures="99"></testsuite>
</testsuites>`;
  expect(readJunitCounts(xml)).toEqual({ passed: 9, failed: 2 });
});

test("a text that is no report has no totals", () => {
  expect(readJunitCounts("")).toBeUndefined();
  expect(readJunitCounts("<testsuites>")).toBeUndefined();
});
