import { expect, test } from "bun:test";

import { createLimiter, createPasswords } from "./password.ts";

test("two run at once, a few wait in order of arrival, the rest are turned away", async () => {
  const limited = createLimiter();
  const gates = Array.from({ length: 40 }, () => Promise.withResolvers<void>());
  const started: number[] = [];
  const outcomes = gates.map((gate, index) =>
    limited(async () => {
      started.push(index);
      await gate.promise;
      return index;
    }),
  );
  expect(started).toEqual([0, 1]);
  for (const outcome of outcomes.slice(34)) expect(await outcome).toEqual({ kind: "busy" });
  for (const gate of gates) gate.resolve();
  expect(await outcomes[33]).toEqual({ kind: "done", value: 33 });
  expect(started).toEqual(Array.from({ length: 34 }, (_, index) => index));
});

test("work that fails gives its place back", async () => {
  const limited = createLimiter();
  for (let round = 0; round < 5; round += 1) {
    const failing = limited(() => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
  }
  expect(await limited(() => Promise.resolve(1))).toEqual({ kind: "done", value: 1 });
});

test("a password matches its own hash and no other, and nobody's hash matches nothing", async () => {
  const passwords = await createPasswords();
  const hashed = await passwords.hash("pässword with\u0000everything 🔑");
  if (hashed.kind === "busy") throw new Error("busy");
  const verify = (password: string, hash: string | undefined = hashed.value) =>
    passwords.verify(password, hash);
  expect(await verify("pässword with\u0000everything 🔑")).toEqual({ kind: "done", value: true });
  expect(await verify("pässword with")).toEqual({ kind: "done", value: false });
  expect(await verify("")).toEqual({ kind: "done", value: false });
  expect(await passwords.verify(" ", undefined)).toEqual({ kind: "done", value: false });
});
