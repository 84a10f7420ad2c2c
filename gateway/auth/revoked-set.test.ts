import { expect, test } from "bun:test";

import { createRevokedSet } from "./revoked-set.ts";

const revoked = { tokenId: "aB", sessionId: "cD", expiresAtS: 100 };

test("a revoked token and every other token of its session are found", () => {
  const set = createRevokedSet();
  set.add([revoked]);
  expect(set.has({ tokenId: "aB", sessionId: "other" })).toBe(true);
  expect(set.has({ tokenId: "other", sessionId: "cD" })).toBe(true);
  expect(set.has({ tokenId: "other", sessionId: "other" })).toBe(false);
});

test("ids that differ in case are different ids", () => {
  const set = createRevokedSet();
  set.add([revoked]);
  expect(set.has({ tokenId: "ab", sessionId: "cd" })).toBe(false);
});

test("a revocation is kept until its last expiry", () => {
  const set = createRevokedSet();
  set.add([revoked, { ...revoked, expiresAtS: 200 }, { ...revoked, expiresAtS: 50 }]);
  set.prune(199);
  expect(set.has(revoked)).toBe(true);
  set.prune(200);
  expect(set.has(revoked)).toBe(false);
  expect(set.size).toBe(0);
});
