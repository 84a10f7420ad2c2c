import { expect, test } from "bun:test";

import type { JWK } from "jose";
import { exportJWK, generateKeyPair } from "jose";

import { createKeyCache } from "./key-cache.ts";

/** Identity's answers, one by one; the last one stays. An `undefined` is an identity that is away. */
function cacheOf(answers: readonly (readonly JWK[] | undefined)[]) {
  const state = { nowMs: 0, asked: 0 };
  const cache = createKeyCache({
    now: () => state.nowMs,
    fetchKeys: async () => {
      const keys = answers[Math.min(state.asked, answers.length - 1)];
      state.asked += 1;
      if (keys === undefined) throw new Error("identity is away");
      return { keys: [...keys] };
    },
  });
  return { cache, state };
}

async function jwk(kid: string): Promise<JWK> {
  const { publicKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  return { ...(await exportJWK(publicKey)), kid, alg: "EdDSA" };
}

test("a known key is fetched once, however many ask at once", async () => {
  const { cache, state } = cacheOf([[await jwk("a")]]);
  const found = await Promise.all(Array.from({ length: 5 }, () => cache.find("a")));
  expect(found.every((key) => key !== undefined)).toBe(true);
  await cache.find("a");
  expect(state.asked).toBe(1);
});

test("a new key is found by asking again, and made-up ids ask at most once a second", async () => {
  const [a, b] = [await jwk("a"), await jwk("b")];
  const { cache, state } = cacheOf([[a], [a, b]]);
  expect(await cache.find("a")).toBeDefined();
  state.nowMs = 999;
  for (let round = 0; round < 50; round += 1) expect(await cache.find(`x${round}`)).toBeUndefined();
  expect(state.asked).toBe(1);
  state.nowMs = 1000;
  expect(await cache.find("b")).toBeDefined();
  expect(state.asked).toBe(2);
});

test("an identity that was never reached is a failure; known keys outlive one that is away", async () => {
  const { cache, state } = cacheOf([undefined, [await jwk("a")], undefined]);
  await expect(cache.find("a")).rejects.toThrow("away");
  expect(await cache.find("a")).toBeDefined();
  state.nowMs = 10 * 60_000;
  expect(await cache.find("a")).toBeDefined();
  expect(state.asked).toBe(3);
});

test("a key that identity withdrew is forgotten once old keys were fetched again", async () => {
  const { cache, state } = cacheOf([[await jwk("a")], [await jwk("b")]]);
  expect(await cache.find("a")).toBeDefined();
  state.nowMs = 5 * 60_000;
  expect(await cache.find("a")).toBeDefined();
  await Bun.sleep(1);
  expect(await cache.find("a")).toBeUndefined();
});

test("keys of another kind are not taken over", async () => {
  const { publicKey } = await generateKeyPair("ES256", { extractable: true });
  const other = { ...(await exportJWK(publicKey)), kid: "es" };
  const { cache } = cacheOf([[other, { kty: "oct", k: "AAAA", kid: "oct" }, await jwk("a")]]);
  expect(await cache.find("es")).toBeUndefined();
  expect(await cache.find("oct")).toBeUndefined();
  expect(await cache.find("a")).toBeDefined();
});
