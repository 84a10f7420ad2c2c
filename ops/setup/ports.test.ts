import { expect, test } from "bun:test";
import { createServer } from "node:net";

import { choosePorts, isPortFree } from "./ports.ts";

test("a name keeps the port it had while that is free, and gets another when it is taken", async () => {
  const { first } = await choosePorts(["first"]);
  expect(await choosePorts(["first"], { first })).toEqual({ first });

  const server = createServer();
  await new Promise<void>((resolve) => server.listen(first, "127.0.0.1", resolve));
  expect(await isPortFree(first)).toBe(false);
  const { first: other } = await choosePorts(["first"], { first });
  expect(other).not.toBe(first);
  server.close();
});

test("no two names get one port", async () => {
  const { a } = await choosePorts(["a"]);
  const ports = await choosePorts(["a", "b", "c"], { a, b: a, c: a });
  expect(new Set(Object.values(ports)).size).toBe(3);
});
