import { expect, test } from "bun:test";

import fc from "fast-check";

import { describeTotp, hashRecoveryCode, mintRecoveryCodes, STEP_S, stepOfCode } from "./totp.ts";

/** Of RFC 6238, appendix B. */
const secret = Buffer.from("12345678901234567890");
const published = [
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
] as const;

test.each(published)("at %d s the code is that of the standard", (nowS, code) => {
  expect(stepOfCode(secret, code, nowS)).toBe(Math.floor(nowS / STEP_S));
});

test("a code is good one step early and one late, and then names its own step", () => {
  const [nowS, code] = [1_111_111_111, "050471"];
  const step = Math.floor(nowS / STEP_S);
  for (const off of [-1, 0, 1]) expect(stepOfCode(secret, code, nowS + off * STEP_S)).toBe(step);
  for (const off of [-2, 2]) expect(stepOfCode(secret, code, nowS + off * STEP_S)).toBeUndefined();
});

test("anything but six digits is no code", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^[0-9]{6}$/.test(text));
      expect(stepOfCode(secret, text, 59)).toBeUndefined();
    }),
  );
});

test("the secret is told as apps take it", () => {
  const told = describeTotp(secret, "ada@example.org");
  expect(told.secret).toBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  expect(new URL(told.uri).searchParams.get("secret")).toBe(told.secret);
});

test("recovery codes differ, and a hash tells them apart", () => {
  const codes = mintRecoveryCodes();
  expect(codes).toHaveLength(10);
  for (const code of codes) expect(code).toMatch(/^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/);
  expect(new Set(codes.map((code) => hashRecoveryCode(code).toString("hex"))).size).toBe(10);
});
