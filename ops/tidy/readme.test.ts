/** The README's example of the matcher does what a reader sees who copies it into the checkout. */

import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const EXAMPLE = /```ts\n(import \{ createBook \} [^`]*)```/;

test("the example of a back-test trades", async () => {
  const [, example = ""] = EXAMPLE.exec(await Bun.file(join(root, "README.md")).text()) ?? [];
  const file = join(root, `back-test-${randomBytes(4).toString("hex")}.ts`);
  await Bun.write(file, example);
  try {
    const child = Bun.spawn([process.execPath, file], { stdout: "pipe", stderr: "inherit" });
    const printed = await child.stdout.text();
    expect(await child.exited).toBe(0);
    expect([...printed.matchAll(/kind: "(\w+)"/g)].map(([, kind]) => kind)).toEqual([
      "OrderAccepted",
      "OrderRested",
      "OrderAccepted",
      "Trade",
    ]);
    expect(printed).toMatch(/priceTicks: 101,\s+qtyLots: 2,\s+orders: 1/);
  } finally {
    await rm(file);
  }
});
