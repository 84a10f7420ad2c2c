import { expect, test } from "bun:test";

import { encodeRecord, formatHash } from "@exchange/streams";
import type { Command, CommandRecord } from "@exchange/streams/contract";

import { createBook } from "./core/index.ts";
import type { LoggedRecord } from "./logged-record.ts";
import { readLogged } from "./logged-record.ts";
import { Replica } from "./replica.ts";
import { createCommandFlow } from "./testing/order-flow.ts";

const next = createCommandFlow(5);
const commands: readonly Command[] = Array.from({ length: 20 }, next);
const odd: Command = { kind: "Tick" };
const traces = { 0: '00-"},{"kind":"-01' };

function logged(record: CommandRecord): LoggedRecord {
  return readLogged({ sequence: 1, timeMs: 1, data: encodeRecord(record) });
}

function hashOf(record: LoggedRecord): string {
  const replica = new Replica({ market: "BTC-USD", epoch: 1, createBook });
  replica.apply(record, () => undefined);
  return formatHash(replica.hash);
}

for (const [name, record] of Object.entries({
  "many commands": { v: 1, epoch: 1, commands },
  "one command": { v: 1, epoch: 1, commands: commands.slice(0, 1) },
  "traces that look like commands": { v: 1, epoch: 1, commands: [odd, ...commands], traces },
} satisfies Record<string, CommandRecord>)) {
  test(`of a record with ${name}, each command's text is what it would be written as`, () => {
    const read = logged(record);
    expect(read.texts).toEqual(record.commands.map((command) => JSON.stringify(command)));
    expect(hashOf(read)).toBe(hashOf({ sequence: 1, timeMs: 1, record }));
  });
}

test("the commands of a record that somebody laid out otherwise are written anew", () => {
  const record: CommandRecord = { v: 1, epoch: 1, commands };
  const data = new TextEncoder().encode(JSON.stringify(record, null, 2));
  const read = readLogged({ sequence: 1, timeMs: 1, data });
  expect(read.texts).toBeUndefined();
  expect(hashOf(read)).toBe(hashOf(logged(record)));
});
