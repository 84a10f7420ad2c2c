import { expect, test } from "bun:test";
import { join } from "node:path";

import { Glob } from "bun";

import { isProblemCode, problemKinds } from "./problem-codes.ts";

const services = join(import.meta.dir, "../../services");

/** `refused("CODE")`, `{ kind: "refused", code: "CODE" }` and the unions of refusal codes. */
const refusal = /(?:refused\(|kind: "refused"(?: as const)?,\s*code: )"([A-Z_]+)"/g;

test("every code a service refuses with has a status", async () => {
  const unknown: string[] = [];
  let seen = 0;
  for await (const path of new Glob("**/*.ts").scan(services)) {
    if (path.includes("node_modules") || path.endsWith(".test.ts")) continue;
    const text = await Bun.file(join(services, path)).text();
    for (const [, code = ""] of text.matchAll(refusal)) {
      seen += 1;
      if (!isProblemCode(code)) unknown.push(`${path}: ${code}`);
    }
  }
  expect(unknown).toEqual([]);
  expect(seen).toBeGreaterThan(10);
});

test("names from the object's prototype are no codes", () => {
  expect(isProblemCode("constructor")).toBe(false);
  expect(isProblemCode("__proto__")).toBe(false);
});

test("every code's status is an error, and a 503 says when to come back", () => {
  for (const [code, kind] of Object.entries(problemKinds)) {
    expect({ code, isError: kind.status >= 400 && kind.status < 600 }).toEqual({
      code,
      isError: true,
    });
    if (kind.status === 503 || kind.status === 429) expect(kind).toHaveProperty("retryAfterS");
  }
});
