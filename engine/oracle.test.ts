/** Five flows whose answers three unrelated engines agree on. */

import { expect, test } from "bun:test";
import { join } from "node:path";

import { createBook, createNaiveBook } from "./core/index.ts";
import { playOracleFlow } from "./oracle.ts";

const folder = join(import.meta.dir, "../ops/data/matching-oracle");

const flows = [
  ["static", 8, "4466040d984b108766fe0c099cb45730cf87dadc5dbe692d8cb35b6112ff0048"],
  ["normal", 1329, "f04bbcd71a09950123ea2a6a81e4fe6d04f7324e7a4431c8739491fb43fe46eb"],
  ["swing-25", 1395, "fd5a24255d29d7d51e904c59bf05c446eb36eba55aafa17cbf46bcc2a9d9d0b8"],
  ["swing-40", 1399, "c51527b99719db310c64a50924514ebc50470f2a2fe4f2238abd5dd089e82301"],
  ["flash-crash", 1471, "af43141ec7bdbd1ec82803e19fb2f30dc23aa8dc6c3b5dcdf421dbc9729a93af"],
] as const;

async function readFlow(name: string): Promise<string> {
  const packed = await Bun.file(join(folder, `${name}.csv.gz`)).bytes();
  return new TextDecoder().decode(Bun.gunzipSync(packed));
}

test.each(flows)("the fast book reproduces the oracle's flow %s", async (name, trades, sha256) => {
  const result = playOracleFlow(await readFlow(name), createBook());
  expect(result.messages).toBe(39_955);
  expect(result.trades).toBe(trades);
  expect(new Bun.SHA256().update(result.reports.join("\n")).digest("hex")).toBe(sha256);
});

test("the naive book reproduces the flow with the shallowest book", async () => {
  const [name, , sha256] = flows[4];
  const result = playOracleFlow(await readFlow(name), createNaiveBook());
  expect(new Bun.SHA256().update(result.reports.join("\n")).digest("hex")).toBe(sha256);
});
