import { expect, test } from "bun:test";

import { mintAccountId, mintId, mintRefreshToken } from "./random-id.ts";

test("account ids are positive safe integers that use the whole range", () => {
  const ids = Array.from({ length: 2000 }, mintAccountId);
  expect(ids.every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Math.max(...ids)).toBeGreaterThan(2 ** 52);
});

test("ids and refresh tokens do not repeat and fit their columns", () => {
  const ids = Array.from({ length: 1000 }, mintId);
  expect(new Set(ids).size).toBe(1000);
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  expect(mintRefreshToken()).toMatch(/^[A-Za-z0-9_-]{43}$/);
});
