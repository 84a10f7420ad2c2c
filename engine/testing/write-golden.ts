/**
 * `bun engine/testing/write-golden.ts NAME SEED RECORDS [plain]`: adds a golden log. One that is there is never
 * written again: if the engine's behaviour is to change, an admin command switches it.
 */

import { join } from "node:path";

import { createNaiveBook } from "../core/index.ts";
import { goldenFolder, makeGoldenLog } from "./golden-log.ts";

const [name = "", seed = "1", records = "500", kind] = process.argv.slice(2);
const plain = kind === "plain";
const path = join(goldenFolder, `${name}.jsonl.gz`);
if (name === "" || (await Bun.file(path).exists())) throw new Error(`${path} is there already`);
const options = { seed: Number(seed), records: Number(records), plain };
const lines = makeGoldenLog(options, createNaiveBook);
const text = lines.map((line) => JSON.stringify(line)).join("\n");
await Bun.write(path, Bun.gzipSync(`${text}\n`));
process.stdout.write(`${path}: ${lines.length} records, ${lines.at(-1)?.hash}\n`);
