import { expect, test } from "bun:test";

import { selectLines } from "./report.ts";

test("a failed run is shown by the names of its failures, then by the files that have one", () => {
  const output = `bun test v1
a.live.test.ts:
{"log.level":"error","message":"as the test meant it"}
(pass) one
b.live.test.ts:
error: expected 1, received 2
(fail) two [5.00ms]
(pass) three`;
  expect(selectLines(output)).toBe(`(fail) two [5.00ms]
b.live.test.ts:
error: expected 1, received 2
(fail) two [5.00ms]`);
});

test("a program that has no tests is shown by all that it said", () => {
  expect(selectLines("x.ts:1:1 wrong type\nFound 1 error.")).toBe(
    "x.ts:1:1 wrong type\nFound 1 error.",
  );
});

test("a run that was stopped says so", () => {
  expect(selectLines("a.test.ts:\n(pass) one\nb.test.ts:\nStopped after 600 s.")).toBe(
    "b.test.ts:\nStopped after 600 s.",
  );
});
