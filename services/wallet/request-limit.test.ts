import { expect, test } from "bun:test";

import { createRequestLimit } from "./request-limit.ts";

test("handlers that share a limit refuse past it at once, and serve again when one is done", async () => {
  const limited = createRequestLimit(2);
  const waiting = Promise.withResolvers<void>();
  const work = async (value: string) => {
    await waiting.promise;
    return { kind: "ok", value } as const;
  };
  const [read, list] = [limited(work), limited(work)];
  const served = [read("first"), list("second")];
  const overloaded = { kind: "refused", code: "OVERLOADED" } as const;
  expect([await read("third"), await list("fourth")]).toEqual([overloaded, overloaded]);
  waiting.resolve();
  expect(await Promise.all(served)).toEqual([
    { kind: "ok", value: "first" },
    { kind: "ok", value: "second" },
  ]);
  expect((await read("fifth")).kind).toBe("ok");
});

test("a request that fails gives its place back", async () => {
  const limited = createRequestLimit(1);
  const failing = limited(() => Promise.reject(new Error("away")));
  const served = limited(() => Promise.resolve({ kind: "ok", value: 1 } as const));
  await failing({}).catch(() => undefined);
  expect(await served({})).toEqual({ kind: "ok", value: 1 });
});
