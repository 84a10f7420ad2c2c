/** An epoch's copy on the disk: what is read back is what was written, and whatever is not is refused by name. */

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { foldEpoch } from "@exchange/market/epoch-views";
import { decodeFrame, encodeFrame } from "@exchange/streams";
import { assert } from "@exchange/streams/contract";
import fc from "fast-check";

import { Failure } from "../setup/failure.ts";
import { logFile, MANIFEST_FILE } from "./manifest.ts";
import { openCopy, readCopiedLog } from "./read-copy.ts";
import type { StoredMessage } from "./stored-message.ts";
import { decodeLine, encodeLine, parseTimeMs } from "./stored-message.ts";
import type { SmallLogs } from "./testing/small-copy.ts";
import { inTurn, market, smallLogs, writeSmallCopy } from "./testing/small-copy.ts";
import { verifyCopy } from "./verify-copy.ts";
import { writeWhole } from "./write-copy.ts";

let copies: string;
beforeEach(async () => {
  copies = await mkdtemp(join(tmpdir(), "exchange-copies-"));
});
afterEach(async () => {
  await rm(copies, { recursive: true });
});

const first = { market: market.market, epoch: 1 };

/** `server`: what the copy is compared to. */
async function verify(server: Partial<SmallLogs> = smallLogs): Promise<void> {
  await verifyCopy({
    market,
    copy: await openCopy(copies, first),
    fold: foldEpoch(market.market),
    stored: (kind) => {
      const log = server[kind];
      return log === undefined ? undefined : inTurn(log);
    },
  });
}

async function refusal(server?: Partial<SmallLogs>): Promise<string> {
  try {
    await verify(server);
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
  return "";
}

function path(file: string): string {
  return join(copies, market.market, "1", file);
}

test("what was written is read back, message by message, and nothing unfinished is left", async () => {
  await writeSmallCopy(copies);
  const copy = await openCopy(copies, first);
  for (const kind of ["commands", "events"] as const) {
    expect(await Array.fromAsync(readCopiedLog(copy, kind))).toEqual([...smallLogs[kind]]);
  }
  expect((await readdir(join(copies, market.market, "1"))).toSorted()).toEqual([
    "commands.jsonl.gz",
    "end.checkpoint.zst",
    "events.jsonl.gz",
    MANIFEST_FILE,
  ]);
});

test("a copy that is as the server's logs leads to its checkpoint", async () => {
  await writeSmallCopy(copies);
  expect(await refusal()).toBe("");
  // Both logs, or one of them, may be gone by then.
  expect(await refusal({ events: smallLogs.events })).toBe("");
  expect(await refusal({})).toBe("");
});

async function* broken(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new Uint8Array(10));
  throw new Error("the server is away");
}

test("a file that could not be written to its end has no name", async () => {
  await writeSmallCopy(copies);
  const before = await readFile(path(logFile.events));
  const folder = join(copies, market.market, "1");
  expect(writeWhole(folder, logFile.events, broken())).rejects.toThrow("the server is away");
  expect(await readFile(path(logFile.events))).toEqual(before);
  expect(await readdir(folder)).toHaveLength(4);
});

const onDisk: readonly (readonly [fault: string, plant: () => Promise<void>, told: string])[] = [
  ["no manifest", async () => await rm(path(MANIFEST_FILE)), "is not there"],
  [
    "another file as manifest",
    async () => await writeFile(path(MANIFEST_FILE), "{}"),
    "no manifest",
  ],
  [
    "the manifest of another epoch",
    async () => {
      const text = await readFile(path(MANIFEST_FILE), "utf8");
      await writeFile(path(MANIFEST_FILE), text.replace('"epoch":1', '"epoch":3'));
    },
    "is of epoch 3",
  ],
  ["a torn log", async () => await truncate(path(logFile.commands), 100), "was torn or altered"],
  ["a missing log", async () => await rm(path(logFile.events)), "is missing"],
  ["a log that is empty", async () => await truncate(path(logFile.events), 0), "events.jsonl.gz"],
  [
    "one log in place of the other",
    async () => await rename(path(logFile.commands), path(logFile.events)),
    "missing",
  ],
  [
    "a log that was packed again with another text",
    async () => {
      const text = Buffer.from(Bun.gunzipSync(await readFile(path(logFile.events)))).toString();
      await writeFile(path(logFile.events), Bun.gzipSync(text.replace("123456Z", "123457Z")));
    },
    "its SHA-256 is not the manifest's",
  ],
  ["an altered checkpoint", async () => await flipByte(path("end.checkpoint.zst")), "altered: its"],
  ["a missing checkpoint", async () => await rm(path("end.checkpoint.zst")), "is missing"],
];

test.each(onDisk)("%s is refused by name", async (_, plant, told) => {
  await writeSmallCopy(copies);
  await plant();
  expect(await refusal({})).toContain(told);
});

async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  await writeFile(file, bytes);
}

const { commands, events } = smallLogs;

function withLast(log: readonly StoredMessage[], change: Partial<StoredMessage>): StoredMessage[] {
  return log.map((message, place) =>
    place === log.length - 1 ? { ...message, ...change } : message,
  );
}

function otherHash(log: readonly StoredMessage[]): StoredMessage[] {
  const last = log.at(-1);
  assert(last !== undefined, "the log has messages");
  const frame = decodeFrame(last.data);
  return withLast(log, { data: encodeFrame({ ...frame, hashAtTo: "00".repeat(32) }) });
}

/** Written so from the first, with a manifest that says so. */
const asWritten: readonly (readonly [fault: string, logs: SmallLogs, told: string])[] = [
  [
    "a message left out",
    { commands: commands.toSpliced(1, 1), events },
    "message 3 stands where 2",
  ],
  [
    "two messages in the wrong order",
    { commands, events: [events[1], events[0], ...events.slice(2)].flatMap((one) => one ?? []) },
    "was given frame 2",
  ],
  ["a last frame left out", { commands, events: events.slice(0, -1) }, "its events end at"],
  ["a last record left out", { commands: commands.slice(0, -1), events }, "not so"],
  ["a record with another time", { commands: withLast(commands, later()), events }, "not so"],
  ["a frame with another running hash", { commands, events: otherHash(events) }, "not so"],
];

function later(): Partial<StoredMessage> {
  return { time: "2015-05-01T00:00:59Z", timeMs: Date.parse("2015-05-01T00:00:59Z") };
}

test.each(asWritten)(
  "a copy with %s is refused, also where there is nothing to compare it to",
  async (_, logs, told) => {
    await writeSmallCopy(copies, logs);
    expect(await refusal({})).toContain(told);
  },
);

test("a log that is read by itself is refused at its torn line, or at its end", async () => {
  const manifest = await writeSmallCopy(copies);
  const text = Buffer.from(Bun.gunzipSync(await readFile(path(logFile.events)))).toString();
  const read = async (changed: Uint8Array): Promise<unknown> => {
    await writeFile(path(logFile.events), changed);
    const copy = { ...(await openCopy(copies, first)), manifest };
    return await Array.fromAsync(readCopiedLog(copy, "events")).catch(String);
  };
  const gzip = Bun.gzipSync(text);
  expect(await read(gzip.subarray(0, gzip.length - 20))).toContain("torn or altered");
  expect(await read(Bun.gzipSync(text.slice(0, -1)))).toContain("its last line has no end");
  expect(await read(Bun.gzipSync(text.replace('"sequence":2', '"sequence":7')))).toContain(
    "line 2: message 7 stands where 2 belongs",
  );
  expect(await read(Bun.gzipSync(text.replace('"sequence"', '"seq"')))).toContain("line 1 is no");
  const [line = ""] = text.split("\n");
  expect(await read(Bun.gzipSync(`${line}\n`))).toContain("has 1 messages, and 4 were written");
  expect(await read(Bun.gzipSync(text.replace("123456Z", "123457Z")))).toContain("SHA-256");
});

test("a copy that is not as the server's logs is refused", async () => {
  await writeSmallCopy(copies);
  const renamed = withLast(commands, { subject: "$KV.CMD_BTC-USD_1.other.1" });
  expect(await refusal({ commands: renamed })).toContain("message 4 is not the one");
  const headed = withLast(events, { headers: {} });
  expect(await refusal({ events: headed })).toContain("message 4 is not the one");
  expect(await refusal({ events: events.slice(0, -1) })).toContain("message 4 is not the one");
  const [more] = withLast(events.slice(-1), { sequence: 5 });
  assert(more !== undefined, "there is one more");
  expect(await refusal({ events: [...events, more] })).toContain("message 5 is missing");
});

test("any message is the same after it was a line", () => {
  const texts = fc.array(fc.string({ unit: "binary" }));
  const message = fc.record({
    sequence: fc.integer({ min: 1 }),
    subject: fc.string({ unit: "binary" }),
    headers: fc.dictionary(fc.stringMatching(/^[A-Za-z-]+$/), texts, { noNullPrototype: true }),
    payload: fc.string({ unit: "binary" }),
  });
  fc.assert(
    fc.property(message, ({ payload, ...others }) => {
      const time = "2026-01-02T03:04:05.006007008Z";
      const data = new TextEncoder().encode(payload);
      const stored = { ...others, data, time, timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) };
      const line = encodeLine(stored);
      expect(line).not.toContain("\n");
      expect(decodeLine(line)).toEqual(stored);
    }),
  );
});

test.each([
  ["2026-01-02T03:04:05.999999999Z", 5999],
  ["2026-01-02T03:04:05.1Z", 5100],
  ["2026-01-02T03:04:05.0009Z", 5000],
  ["2026-01-02T03:04:05Z", 5000],
])("the millisecond of %s is cut off, not rounded", (text, afterMinuteMs) => {
  expect(parseTimeMs(text)).toBe(Date.UTC(2026, 0, 2, 3, 4) + afterMinuteMs);
});

test.each(["", "yesterday", "2026-01-02T03:04:05.1+01:00"])(
  "%p is no time of a server's",
  (text) => {
    expect(() => parseTimeMs(text)).toThrow();
  },
);
