import { afterAll, beforeAll, expect, test } from "bun:test";

import { connectNats } from "@exchange/streams/runtime";
import { openFaultyLink, readTestServer, until } from "@exchange/streams/testing";
import type { NatsConnection } from "nats";

import { createMarketNews } from "./market-news.ts";

let connection: NatsConnection;

beforeAll(async () => {
  connection = await connectNats({ ...readTestServer(), name: "news-test" });
});
afterAll(async () => {
  await connection.close();
});

const freshSubject = (): string => `md.${crypto.randomUUID()}.book`;

test("a version holds until there is a message, and that of another subject does not count", async () => {
  const news = createMarketNews(connection);
  const [subject, other] = [freshSubject(), freshSubject()];
  const before = news.version(subject);
  connection.publish(other);
  await connection.flush();
  expect(news.version(subject)).toBe(before);
  connection.publish(subject);
  await until(() => news.version(subject) > before);
  const after = news.version(subject);
  await connection.flush();
  expect(news.version(subject)).toBe(after);
  news.stop();
});

test("what may have been missed while the connection was down counts as news", async () => {
  const server = readTestServer();
  const link = openFaultyLink(server.url);
  const cut = await connectNats({ ...server, url: link.url, name: "news-cut" });
  const news = createMarketNews(cut);
  const subject = freshSubject();
  const before = news.version(subject);
  await cut.flush();
  link.loseAnswers();
  connection.publish(subject);
  await connection.flush();
  link.heal();
  await until(() => news.version(subject) > before);
  news.stop();
  await cut.close();
  link.stop();
});
