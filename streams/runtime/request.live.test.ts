import { afterAll, beforeAll, expect, test } from "bun:test";

import type { NatsConnection } from "nats";

import { encodeJson } from "../codec.ts";
import { readTestServer } from "../testing/env.ts";
import { openFaultyLink } from "../testing/faulty-link.ts";
import { connectNats } from "./connect.ts";
import type { RequestFailure } from "./request.ts";
import { defineEndpoint, request, RequestError, serve, startService } from "./request.ts";

/** What the service does with a question. */
interface Question {
  readonly echo: string;
  readonly delayMs?: number;
  readonly fail?: boolean;
}

const service = `test-${crypto.randomUUID()}`;
const echo = defineEndpoint<Question, { echo: string; traceparent?: string }>(service, "echo");
const nobody = defineEndpoint<Question, never>(service, "nobody");
const { user = "provision", ...login } = readTestServer();

let connection: NatsConnection;
let asked = 0;

beforeAll(async () => {
  connection = await connectNats({ ...login, user, name: user });
  const answer = serve(
    echo,
    async (question, { traceparent }) => {
      asked += 1;
      await Bun.sleep(question.delayMs ?? 0);
      if (question.fail === true) throw new Error("the inside");
      const traced = traceparent === undefined ? {} : { traceparent };
      return { kind: "ok", value: { echo: question.echo, ...traced } };
    },
    () => undefined,
  );
  await startService(connection, { name: service, endpoints: [answer] });
  await connection.flush();
});
afterAll(async () => {
  await connection.close();
});

async function failureOf(asking: Promise<unknown>): Promise<RequestFailure | undefined> {
  try {
    await asking;
    return undefined;
  } catch (error) {
    if (error instanceof RequestError) return error.failure;
    throw error;
  }
}

test("replies find their requests, whatever order they come in", async () => {
  const questions = Array.from({ length: 200 }, (_, index) => ({
    echo: String(index),
    delayMs: (index * 7) % 20,
  }));
  const replies = await Promise.all(
    questions.map((body) => request(connection, { endpoint: echo, body, timeoutMs: 5000 })),
  );
  expect(replies).toEqual(
    questions.map(({ echo: text }) => ({ kind: "ok", value: { echo: text } })),
  );
});

test("a trace goes along", async () => {
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const body = { echo: "traced" };
  const reply = await request(connection, { endpoint: echo, body, timeoutMs: 5000, traceparent });
  expect(reply).toEqual({ kind: "ok", value: { echo: "traced", traceparent } });
});

test("without anybody to ask a request is known not to have been delivered", async () => {
  const body = { echo: "nobody" };
  const asking = request(connection, { endpoint: nobody, body, timeoutMs: 5000 });
  expect(await failureOf(asking)).toBe("unavailable");
});

test("a failure of the service, or its silence, leaves open what happened", async () => {
  const failing = { echo: "fails", fail: true };
  expect(
    await failureOf(request(connection, { endpoint: echo, body: failing, timeoutMs: 5000 })),
  ).toBe("unknown");
  const startedMs = performance.now();
  const slow = { echo: "slow", delayMs: 1000 };
  expect(await failureOf(request(connection, { endpoint: echo, body: slow, timeoutMs: 100 }))).toBe(
    "unknown",
  );
  expect(performance.now() - startedMs).toBeLessThan(900);
});

test("who names another address for the answer than an inbox is not heard", async () => {
  const before = asked;
  const [subject, elsewhere] = [`${service}.echo`, `elsewhere-${service}`];
  const heard: string[] = [];
  connection.subscribe(elsewhere, { callback: (_, { subject: at }) => void heard.push(at) });
  connection.publish(subject, encodeJson({ echo: "elsewhere" }), { reply: elsewhere });
  const body = { echo: "next" };
  await request(connection, { endpoint: echo, body, timeoutMs: 5000 });
  await connection.flush();
  expect([asked, heard]).toEqual([before + 1, []]);
});

test("a reply that comes too late is nobody's", async () => {
  const slow = { echo: "late", delayMs: 200 };
  const late = failureOf(request(connection, { endpoint: echo, body: slow, timeoutMs: 50 }));
  expect(await late).toBe("unknown");
  await Bun.sleep(300);
  const body = { echo: "next" };
  const reply = await request(connection, { endpoint: echo, body, timeoutMs: 5000 });
  expect(reply).toEqual({ kind: "ok", value: body });
});

test("after lost answers and a reconnect requests are answered again", async () => {
  const link = openFaultyLink(login.url);
  const faulty = await connectNats({ ...login, user, url: link.url, name: user });
  const ask = (timeoutMs: number) =>
    request(faulty, { endpoint: echo, body: { echo: "over the link" }, timeoutMs });
  expect(await ask(5000)).toMatchObject({ kind: "ok" });
  link.loseAnswers();
  const askedBefore = asked;
  expect(await failureOf(ask(300))).toBe("unknown");
  expect(asked).toBe(askedBefore + 1);
  link.heal();
  // What is sent before the cut is noticed is lost with the old socket.
  let tries = 0;
  while ((await failureOf(ask(500))) !== undefined) {
    tries += 1;
    if (tries > 10) throw new Error("no request is answered after the reconnect");
  }
  await faulty.close();
  expect(await failureOf(ask(100))).toBe("unknown");
  link.stop();
}, 20_000);
