import { afterAll, beforeAll, expect, test } from "bun:test";

import { headers as createHeaders } from "nats";

import { decodeRecord, encodeJson } from "../codec.ts";
import type { Command } from "../contract/index.ts";
import { sequenceOf } from "../contract/index.ts";
import { stream, subject } from "../subjects.ts";
import { readTestServer } from "../testing/env.ts";
import { openFaultyLink } from "../testing/faulty-link.ts";
import type { ScratchMarket } from "../testing/scratch-market.ts";
import { openScratchMarket } from "../testing/scratch-market.ts";
import { AppenderClosed, createAppender } from "./append.ts";
import { connectNats } from "./connect.ts";
import { natsErrorCode } from "./error-code.ts";
import { sealStream } from "./provision.ts";

let scratch: ScratchMarket;
let name: string;

beforeAll(async () => {
  scratch = await openScratchMarket();
  name = stream.commands(scratch.definition.market, scratch.definition.epoch);
});
afterAll(async () => {
  await scratch.remove();
});

function appenderOf(connection = scratch.connection) {
  return createAppender({
    connection,
    jsm: scratch.jsm,
    market: scratch.definition.market,
    epoch: 1,
  });
}

function cancel(accountId: number): Command {
  return { kind: "CancelOrder", accountId, orderId: 1024, deadlineMs: 0 };
}

/** Every account id in the log, in order. */
async function accountsInLog(): Promise<number[]> {
  const { state } = await scratch.jsm.streams.info(name);
  const accounts: number[] = [];
  for (let sequence = 1; sequence <= state.last_seq; sequence += 1) {
    const message = await scratch.jsm.streams.getMessage(name, { seq: sequence });
    for (const command of decodeRecord(message.data).commands) {
      if (command.kind === "CancelOrder") accounts.push(command.accountId);
    }
  }
  return accounts;
}

test("commands that arrive together share a record, and each learns its own position", async () => {
  const appender = appenderOf();
  const appended = await Promise.all(
    Array.from({ length: 600 }, (_, index) => appender.append(cancel(10_000 + index))),
  );
  const positions = appended.map((one) => (one.kind === "stored" ? one.position : 0));
  expect(new Set(positions).size).toBe(600);
  expect(positions).toEqual(positions.toSorted((left, right) => left - right));
  expect(new Set(positions.map(sequenceOf)).size).toBe(3);
  for (const [index, position] of positions.entries()) {
    const message = await scratch.jsm.streams.getMessage(name, { seq: sequenceOf(position) });
    expect(decodeRecord(message.data).commands[position % 1024]).toEqual(cancel(10_000 + index));
  }
  await appender.close();
});

test("a record whose acknowledgement was lost is stored once and reported as stored", async () => {
  const server = readTestServer();
  const link = openFaultyLink(server.url);
  const connection = await connectNats({ ...server, url: link.url, name: "faulty" });
  try {
    const appender = appenderOf(connection);
    await appender.append(cancel(1));
    link.loseAnswers();
    const pending = appender.append(cancel(2));
    await Bun.sleep(300);
    link.heal();
    const appended = await pending;
    expect(appended.kind).toBe("stored");
    await appender.append(cancel(3));
    const accounts = (await accountsInLog()).filter((account) => account < 10);
    expect(accounts).toEqual([1, 2, 3]);
  } finally {
    await connection.close();
    link.stop();
  }
}, 20_000);

test("a writer whose key holds somebody else's record halts and never writes again", async () => {
  const writer = appenderOf();
  await writer.append(cancel(20));
  const { state } = await scratch.jsm.streams.info(name);
  const last = await scratch.jsm.streams.getMessage(name, { seq: state.last_seq });
  const [, writerId = "", count = ""] = /\.([0-9a-f]{32})\.(\d+)$/.exec(last.subject) ?? [];
  const nextKey = `${writerId}.${Number(count) + 1}`;
  const foreign = createHeaders();
  foreign.set("Nats-Expected-Last-Subject-Sequence", "0");
  await scratch.connection
    .jetstream()
    .publish(
      subject.command(scratch.definition.market, 1, nextKey),
      encodeJson({ v: 1, epoch: 1, commands: [cancel(666)] }),
      { headers: foreign },
    );
  await expect(writer.append(cancel(21))).rejects.toThrow("another record");
  await expect(writer.append(cancel(22))).rejects.toThrow("halted");
  expect(await accountsInLog()).not.toContain(21);
});

test("a full log refuses and stores nothing", async () => {
  // A limit of zero bytes, as of a log that is still empty, would be none.
  await appenderOf().append(cancel(29));
  const { config } = await scratch.jsm.streams.info(name);
  const { state } = await scratch.jsm.streams.info(name);
  await scratch.jsm.streams.update(name, { max_bytes: state.bytes });
  try {
    const appender = appenderOf();
    expect(await appender.append(cancel(30))).toEqual({ kind: "full" });
  } finally {
    await scratch.jsm.streams.update(name, { max_bytes: config.max_bytes });
  }
  expect(await accountsInLog()).not.toContain(30);
});

test("the log is insert-only whatever a client tries", async () => {
  const appender = appenderOf();
  await appender.append(cancel(40));
  const { state } = await scratch.jsm.streams.info(name);
  const last = await scratch.jsm.streams.getMessage(name, { seq: state.last_seq });
  const codes: unknown[] = [];
  const js = scratch.connection.jetstream();
  const collect = (error: unknown): void => void codes.push(natsErrorCode(error));
  await js.publish(last.subject, encodeJson({ v: 1, epoch: 1, commands: [] })).catch(collect);
  await scratch.jsm.streams.deleteMessage(name, state.last_seq).catch(collect);
  await scratch.jsm.streams.purge(name).catch(collect);
  expect(codes).toEqual([10_077, 10_057, 10_110]);
  expect(await accountsInLog()).toContain(40);
});

test("a command that comes in any turn after an answer is stored without waiting for another one", async () => {
  const appender = appenderOf();
  for (let turns = 0; turns < 10; turns += 1) {
    await appender.append(cancel(30_000 + turns));
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    expect((await appender.append(cancel(31_000 + turns))).kind).toBe("stored");
  }
  await appender.close();
});

test("a closed writer stores what it had accepted and refuses what comes after, as closed", async () => {
  const appender = appenderOf();
  const accepted = appender.append(cancel(50));
  const closed = appender.close();
  const late = appender.append(cancel(51));
  await expect(late).rejects.toBeInstanceOf(AppenderClosed);
  await closed;
  expect((await accepted).kind).toBe("stored");
  expect(await accountsInLog()).not.toContain(51);
});

test("a sealed log takes nothing more, and says of each record whether it has it", async () => {
  const sealed = await openScratchMarket();
  const { market } = sealed.definition;
  const { url } = readTestServer();
  const link = openFaultyLink(url);
  const connection = await connectNats({ ...readTestServer(), url: link.url, name: "sealed-test" });
  try {
    const appender = createAppender({ connection, jsm: sealed.jsm, market, epoch: 1 });
    await appender.append(cancel(1));
    // Stored before the seal, and the answer is lost: known by reading back.
    link.loseAnswers();
    const unknown = appender.append(cancel(2));
    const log = stream.commands(market, 1);
    while ((await sealed.jsm.streams.info(log)).state.last_seq < 2) await Bun.sleep(5);
    await sealStream(sealed.connection, log);
    const late = appender.append(cancel(3));
    link.heal();
    expect(await unknown).toEqual({ kind: "stored", position: 2048 });
    expect(await late).toEqual({ kind: "over" });
    expect(await appender.append(cancel(4))).toEqual({ kind: "over" });
    expect((await sealed.jsm.streams.info(log)).state.last_seq).toBe(2);
  } finally {
    await connection.close();
    link.stop();
    await sealed.remove();
  }
});
