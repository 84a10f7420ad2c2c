import { expect, test } from "bun:test";

import { CompactSign } from "jose";

import {
  badTokens,
  findKey,
  goodClaims,
  goodHeader,
  NOW_S,
  ourKey,
  signToken,
} from "../testing/bad-tokens.ts";
import { createFixture } from "../testing/fixture.ts";
import { verifyAccessToken } from "./verify-access-token.ts";

async function verify(token: string, nowS = NOW_S) {
  return await verifyAccessToken(token, findKey, nowS);
}

const identity = {
  userId: "user1",
  accountId: 42,
  sessionId: "session1",
  tokenId: "token1",
  expiresAtS: NOW_S + 890,
};

test("a token that identity would write is accepted until its last second", async () => {
  const token = await signToken({});
  expect(await verify(token)).toEqual(identity);
  expect(await verify(token, NOW_S + 889)).toEqual(identity);
  expect(await verify(token, NOW_S + 890)).toBeUndefined();
});

test("a token made by jose's own signer is the same to the verifier", async () => {
  const token = await new CompactSign(Buffer.from(JSON.stringify(goodClaims)))
    .setProtectedHeader(goodHeader)
    .sign(ourKey);
  expect(await verify(token)).toEqual(identity);
});

test("a little clock skew between identity and gateway does no harm", async () => {
  expect(
    await verify(await signToken({ claims: { iat: NOW_S + 5, exp: NOW_S + 905 } })),
  ).toBeDefined();
});

test.each(badTokens)("refused: %s", async (_, make) => {
  expect(await verify(await make())).toBeUndefined();
});

test("at the door each of them is 401, and none is an error inside", async () => {
  const fixture = createFixture({
    services: { readBalances: () => Promise.resolve({ kind: "ok", value: [] }) },
    authenticator: { fresh: true, recognise: () => undefined, authenticate: verify },
  });
  const good = await fixture.ask("GET", "/v1/balances", { token: await signToken({}) });
  expect(good.status).toBe(200);
  // No header ends in a line break.
  const texts = badTokens.filter(([name]) => name !== "a newline behind");
  expect(texts.length).toBeGreaterThanOrEqual(60);
  for (const [name, make] of texts) {
    const { status } = await fixture.ask("GET", "/v1/balances", { token: await make() });
    expect([name, status]).toEqual([name, 401]);
  }
  expect(fixture.unexpected).toEqual([]);
});

test("a key that cannot be looked up is a failure, not a refusal", async () => {
  const token = await signToken({});
  const verifying = verifyAccessToken(
    token,
    () => Promise.reject(new Error("identity is away")),
    NOW_S,
  );
  await expect(verifying).rejects.toThrow("away");
});
