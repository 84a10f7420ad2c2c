/** Text and values that have broken programs before. */

import fc from "fast-check";

const texts = [
  "",
  " ",
  "0",
  "-1",
  "+1",
  "1e5",
  "1.",
  ".5",
  "01",
  "0x10",
  "NaN",
  "Infinity",
  "1.000000000000000001",
  "9".repeat(400),
  "١٢٣",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\u202e",
  "\r\nset-cookie: a=b",
  "../../etc/passwd",
  "%00",
  "%zz",
  "*",
  ">",
  "BTC.USD",
  "btc-usd",
  "BTC-USD ",
  "BTC-USD:",
  "BTC-USD:0",
  "BTC-USD:-1",
  "BTC-USD:9007199254740993",
  "client:",
  "client:a.b",
  "__proto__",
  "constructor",
  "toString",
  "' or 1=1 --",
  "$(reboot)",
  "{}",
  "é".repeat(100),
] as const;

export const nastyText = fc.oneof(fc.constantFrom(...texts), fc.string({ unit: "binary" }));

const deep: unknown = JSON.parse(`${"[".repeat(2000)}${"]".repeat(2000)}`);
const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, 1]));

export const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, [], {}, ["BTC-USD"], deep, wide),
  fc.constant(JSON.parse('{"__proto__":{"admin":true}}')),
  fc.anything({ maxDepth: 2 }).map((value) => toJson(value)),
);

/** What JSON can carry of a value. */
function toJson(value: unknown): unknown {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "bigint" ? part.toString() : part,
  );
  return text === undefined ? null : JSON.parse(text);
}
