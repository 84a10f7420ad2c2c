import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { decodeJson, encodeJson } from "@exchange/streams";
import { comparePositions, type Position } from "@exchange/streams/contract";
import { connectNats } from "@exchange/streams/runtime";
import { readTestServer, until } from "@exchange/streams/testing";
import type { NatsConnection } from "nats";

import { followChain, type Link } from "./follow-chain.ts";
import { BUFFERED_MESSAGES_MAX } from "./limits.ts";
import { listenTo, shareSubjects } from "./listen.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

let connection: NatsConnection;

beforeAll(async () => {
  connection = await connectNats({ ...readTestServer(), name: "chain-test" });
});
afterAll(async () => {
  await connection.close();
});

const position = (command: number): Position => ({ command, index: 0 });

interface Writer {
  readonly subject: string;
  written: number;
  /** Steps the truth; tells of it unless that message is lost. */
  write(isLost?: boolean): void;
}

function createWriter(): Writer {
  const subject = `chain-test.${crypto.randomUUID()}`;
  return {
    subject,
    written: 0,
    write(isLost = false) {
      const from = position(this.written);
      this.written += 1;
      if (isLost) return;
      connection.publish(subject, encodeJson({ from, to: position(this.written) }));
    },
  };
}

test("whatever is lost, steps follow one another and end at the truth", async () => {
  const writer = createWriter();
  let seen: Position | undefined;
  let gaps = 0;
  let loads = 0;
  const chain = followChain<Link>({
    connection,
    listen: listenTo(connection, writer.subject, decodeJson<Link>),
    async load() {
      loads += 1;
      if (loads % 3 === 0) throw new Error("the view cannot be read now");
      // At times the answer is older than what has been heard since.
      const answer = position(Math.max(0, writer.written - (loads % 2)));
      await Bun.sleep(5);
      return answer;
    },
    onGap: () => (gaps += 1),
    onLoaded: ({ missed }) => {
      expect(missed).toBe(seen !== undefined);
      seen = chain.at;
    },
    onMessage(message, after) {
      expect(after).toEqual(seen ?? position(-1));
      expect(comparePositions(message.from, after)).toBeLessThanOrEqual(0);
      seen = message.to;
    },
  });
  for (let round = 0; round < 300; round += 1) {
    writer.write(round % 37 === 5);
    if (round % 10 === 0) await Bun.sleep(5);
  }
  await Bun.sleep(300);
  writer.write();
  await until(() => chain.at?.command === writer.written);
  expect(seen).toEqual(position(writer.written));
  expect(gaps).toBeGreaterThan(0);
  chain.stop();
});

test("while the view cannot be read, what is kept is bounded and nothing is stepped", async () => {
  const writer = createWriter();
  let isReadable = false;
  let stepped = 0;
  const chain = followChain<Link>({
    connection,
    listen: listenTo(connection, writer.subject, decodeJson<Link>),
    load: () =>
      isReadable ? Promise.resolve(position(writer.written)) : Promise.reject(new Error("away")),
    onGap: () => undefined,
    onLoaded: () => undefined,
    onMessage: () => (stepped += 1),
  });
  await connection.flush();
  for (let index = 0; index < 2 * BUFFERED_MESSAGES_MAX + 10; index += 1) writer.write();
  await connection.flush();
  await Bun.sleep(50);
  expect(chain.at).toBeUndefined();
  expect(stepped).toBe(0);
  isReadable = true;
  await until(() => chain.at?.command === writer.written);
  writer.write();
  await until(() => chain.at?.command === writer.written);
  expect(stepped).toBe(1);
  chain.stop();
});

test("a message is decoded once for all who listen, and for nobody when they stopped", async () => {
  const writer = createWriter();
  let decoded = 0;
  const share = shareSubjects(connection, (bytes) => {
    decoded += 1;
    return decodeJson<Link>(bytes);
  });
  const heard = [0, 0];
  const listen = (place: 0 | 1) =>
    share(writer.subject)(({ to }) => {
      heard[place] = to.command;
    });
  const write = async (): Promise<void> => {
    writer.write();
    // What is under way comes before the answer.
    await connection.flush();
  };
  const [stopFirst, stopSecond] = [listen(0), listen(1)];
  await write();
  expect([decoded, ...heard]).toEqual([1, 1, 1]);
  stopFirst();
  stopFirst();
  await write();
  expect([decoded, ...heard]).toEqual([2, 1, 2]);
  stopSecond();
  await write();
  expect(decoded).toBe(2);
  const stopAgain = listen(0);
  await write();
  expect([decoded, ...heard]).toEqual([3, 4, 2]);
  stopAgain();
});
