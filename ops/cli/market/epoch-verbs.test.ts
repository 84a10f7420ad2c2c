import { expect, test } from "bun:test";

import { UsageError } from "../options.ts";
import { runExchange } from "../testing/run-exchange.ts";
import { market } from "./verb.ts";

const named = ["--copy", "/copies", "--operator", "somebody", "--reason", "room"];

test.each([
  [["export", "BTC-USD", "1"], "--to is missing"],
  [["export", "BTC-USD", "--to", "/copies"], "Expected MARKET EPOCH"],
  [["export", "BTC-USD", "0", "--to", "/copies"], "0 is not the number of an epoch"],
  [["export", "BTC-USD", "last", "--to", "/copies"], "last is not the number of an epoch"],
  [["delete-epoch", "BTC-USD", "1", ...named.slice(2), "--yes"], "--copy is missing"],
  [["delete-epoch", "BTC-USD", "1", ...named.slice(0, 4), "--yes"], "--reason is missing"],
  [["delete-epoch", "BTC-USD", "1", "--copy", "/copies", "--yes"], "--operator is missing"],
] as const)("%j is wrong usage", async (args, told) => {
  const refusal: unknown = await market.run(args).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(UsageError);
  expect(String(refusal)).toContain(told);
});

test("nothing is deleted where nobody can be asked, and nobody answered before", async () => {
  const { exitCode, stderr } = await runExchange(
    "market",
    "delete-epoch",
    "BTC-USD",
    "1",
    ...named,
  );
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("--yes is missing")]);
});
