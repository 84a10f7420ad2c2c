import { expect, test } from "bun:test";

import type { HttpClient } from "./client.ts";
import { createPersistentAsk } from "./persistent.ts";
import type { HttpReply } from "./reply.ts";

const request = { method: "GET", path: "/", headers: "" } as const;

/** Answers one after the other, an Error by failing. */
function clientOf(outcomes: readonly (HttpReply | Error)[]): {
  client: HttpClient;
  asked: () => number;
} {
  let asked = 0;
  return {
    asked: () => asked,
    client: {
      request: () => {
        const outcome = outcomes[Math.min(asked, outcomes.length - 1)];
        asked += 1;
        if (outcome === undefined || outcome instanceof Error) return Promise.reject(outcome);
        return Promise.resolve(outcome);
      },
      close: () => undefined,
    },
  };
}

function reply(status: number, body = ""): HttpReply {
  return { status, head: `HTTP/1.1 ${status}`, body };
}

test("a lost reply, a 5xx and a 429 are asked again until something definite is said", async () => {
  const { client, asked } = clientOf([new Error("lost"), reply(503), reply(429), reply(409)]);
  const reasons: string[] = [];
  const ask = createPersistentAsk({ client, limitMs: 5000, onRepeat: (why) => reasons.push(why) });
  expect((await ask({ build: () => request })).status).toBe(409);
  expect(asked()).toBe(4);
  expect(reasons).toEqual(["lost", "503", "429"]);
});

test("what the caller does not take for an answer is asked again", async () => {
  const { client } = clientOf([reply(202, "{}"), reply(202, '{"orderId":"1"}')]);
  const ask = createPersistentAsk({ client, limitMs: 5000 });
  const answer = await ask({
    build: () => request,
    isAnswer: ({ body }) => body.includes("orderId"),
  });
  expect(answer.body).toBe('{"orderId":"1"}');
});

test("it gives up after its limit and says what it heard last", async () => {
  const { client } = clientOf([reply(500, '{"code":"INTERNAL"}')]);
  const ask = createPersistentAsk({ client, limitMs: 30 });
  await expect(ask({ build: () => request })).rejects.toThrow("500 INTERNAL");
});
