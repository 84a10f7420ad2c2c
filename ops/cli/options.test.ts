import { expect, test } from "bun:test";

import { parseOptions, UsageError } from "./options.ts";

const shapes = { market: "string", window: "string", csv: "boolean" } as const;

test("options, flags and arguments are told apart, and --json is known everywhere", () => {
  const args = ["orders.csv", "--market", "BTC-USD", "--window=8", "--json"];
  const parsed = parseOptions(args, shapes, ["FILE"]);
  expect(parsed.positionals).toEqual(["orders.csv"]);
  expect(parsed.required("market")).toBe("BTC-USD");
  expect(parsed.count("window", 1)).toBe(8);
  expect([parsed.flag("json"), parsed.flag("csv")]).toEqual([true, false]);
  expect(parsed.text("nothing")).toBeUndefined();
});

test.each([
  ["an unknown option", ["FILE", "--speed", "9"]],
  ["an option without its value", ["FILE", "--market"]],
  ["a missing argument", []],
  ["an argument too many", ["FILE", "OTHER"]],
])("%s is wrong usage", (_, args) => {
  expect(() => parseOptions(args, shapes, ["FILE"])).toThrow(UsageError);
});

test.each(["0", "-1", "1.5", "1e3", "many", ""])("%p is no count", (text) => {
  const parsed = parseOptions([`--window=${text}`], shapes, []);
  expect(() => parsed.count("window", 1)).toThrow(UsageError);
});

test("a required option that is missing is named", () => {
  expect(() => parseOptions([], shapes, []).required("market")).toThrow("--market is missing");
});
