import { expect, test } from "bun:test";

import { createAddressMemory } from "./address-memory.ts";

test("addresses are remembered, long ones not, and no more than so many", () => {
  const memory = createAddressMemory<object>();
  const found = {};
  memory.set("GET /v1/markets", found);
  memory.set(`GET /${"x".repeat(10_000)}`, found);
  expect(memory.get("GET /v1/markets")).toBe(found);
  expect(memory.get(`GET /${"x".repeat(10_000)}`)).toBeUndefined();
  for (let place = 0; place < 1000; place += 1) memory.set(`GET /${place}`, found);
  expect(memory.get("GET /v1/markets")).toBeUndefined();
});
