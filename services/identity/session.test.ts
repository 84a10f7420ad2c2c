import { expect, test } from "bun:test";

import { decideRefresh, revocationOf } from "./session.ts";

const unused = { usedS: null, endedS: null, expiresS: 1000 };

test.each([
  ["an unused token of a live session rotates", unused, "rotate"],
  ["a used one tells that two have it", { ...unused, usedS: 10 }, "reused"],
  ["nothing happens to a session that is over", { ...unused, usedS: 10, endedS: 20 }, "invalid"],
  ["an unused token of an ended session is invalid", { ...unused, endedS: 20 }, "invalid"],
  ["an expired session refreshes no more", { ...unused, expiresS: 100 }, "invalid"],
  ["a token that was never issued is invalid", undefined, "invalid"],
] as const)("%s", (_, token, kind) => {
  expect(decideRefresh(token, 100)).toEqual({ kind });
});

test("a revocation outlives every token the session can have issued, on a faster clock too", () => {
  const { expiresAtS } = revocationOf({ tokenId: "t", sessionId: "s" }, 100);
  expect(expiresAtS).toBeGreaterThanOrEqual(100 + 900 + 30);
});
