import { expect, test } from "bun:test";

import { encodeRecord, formatHash } from "@exchange/streams";
import type { CommandRecord } from "@exchange/streams/contract";

import { createBook } from "./core/index.ts";
import type { LoggedRecord } from "./logged-record.ts";
import { readLogged } from "./logged-record.ts";
import { Replica } from "./replica.ts";
import { createCommandFlow } from "./testing/order-flow.ts";

const commands = Array.from({ length: 20 }, createCommandFlow(5));
const record: CommandRecord = { v: 1, epoch: 1, commands };
const bytes = encodeRecord(record);

function hashOf(logged: LoggedRecord): string {
  const replica = new Replica({ market: "BTC-USD", epoch: 1, createBook });
  replica.apply(logged);
  return formatHash(replica.hash);
}

test("a record that was read and one that was only made lead to the same hash", () => {
  const read = readLogged({ sequence: 1, timeMs: 1, data: bytes });
  expect(read.record).toEqual(record);
  expect(hashOf(read)).toBe(hashOf({ sequence: 1, timeMs: 1, record }));
});

test("the hash covers each byte of a record, its traces and its layout included", () => {
  const traces = { 0: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  const variants = [
    bytes,
    encodeRecord({ ...record, traces }),
    new TextEncoder().encode(JSON.stringify(record, null, 1)),
    // A space more behind it is still the same JSON.
    new Uint8Array([...bytes, 0x20]),
  ];
  const hashes = variants.map((data) => hashOf(readLogged({ sequence: 1, timeMs: 1, data })));
  expect(new Set(hashes).size).toBe(variants.length);
});
