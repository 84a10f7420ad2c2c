import { expect, test } from "bun:test";

import { isChallenge, mintChallenge } from "./passkey-challenge.ts";
import { createSealer } from "./seal.ts";

const sealer = createSealer("a secret of this test and of no other");

function at(nowS: number) {
  return { sealer, nowS: () => nowS };
}

function mint(nowS: number): string {
  return Buffer.from(mintChallenge(at(nowS), "log-in")).toString("base64url");
}

test("a challenge is good for five minutes, and for what it was given out for", () => {
  const challenge = mint(1000);
  expect(isChallenge(at(1000), challenge, "log-in")).toBe(true);
  expect(isChallenge(at(1300), challenge, "log-in")).toBe(true);
  expect(isChallenge(at(1301), challenge, "log-in")).toBe(false);
  expect(isChallenge(at(1000), challenge, "add:user1:fingerprint")).toBe(false);
  const other = {
    sealer: createSealer("a secret of another exchange, not this"),
    nowS: () => 1000,
  };
  expect(isChallenge(other, challenge, "log-in")).toBe(false);
});

test("no two are alike, and none can be made or changed", () => {
  const challenge = mint(1000);
  expect(mint(1000)).not.toBe(challenge);
  const bytes = Buffer.from(challenge, "base64url");
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(isChallenge(at(1000), changed.toString("base64url"), "log-in")).toBe(false);
  }
  for (const made of ["", "AAAA", challenge.slice(1), "%"]) {
    expect(isChallenge(at(1000), made, "log-in")).toBe(false);
  }
});
