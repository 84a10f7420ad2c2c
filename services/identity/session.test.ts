import { expect, test } from "bun:test";

import { decideRefresh, revocationOf } from "./session.ts";

const unused = { usedS: null, usedLast: false, endedS: null, expiresS: 1000 };
const used = { ...unused, usedS: 70, usedLast: true };

test.each([
  ["an unused token of a live session rotates", unused, "rotate"],
  ["the one used last is asked again for a moment", used, "repeat"],
  ["also by a clock that is behind", { ...used, usedS: 101 }, "repeat"],
  ["after that it tells that two have it", { ...used, usedS: 69 }, "reused"],
  ["so does one whose successor was used", { ...used, usedLast: false }, "reused"],
  ["nothing happens to a session that is over", { ...used, endedS: 80 }, "invalid"],
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
