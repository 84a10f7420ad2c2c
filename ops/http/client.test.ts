import { afterAll, beforeAll, expect, test } from "bun:test";

import { createHttpClient } from "./client.ts";

let server: Bun.Server<undefined>;

beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    routes: {
      "/echo": async (request) =>
        Response.json({ body: await request.text(), auth: request.headers.get("authorization") }),
      "/slow": async () => {
        await Bun.sleep(500);
        return new Response("late");
      },
      "/close": () => new Response("bye", { headers: { connection: "close" } }),
    },
    fetch: () => new Response("nothing here", { status: 404 }),
  });
});

afterAll(async () => {
  await server.stop(true);
});

function open(options: { connectionsMax?: number; timeoutMs?: number } = {}) {
  return createHttpClient({
    url: `http://127.0.0.1:${server.port}`,
    connectionsMax: 4,
    timeoutMs: 5000,
    ...options,
  });
}

test("more requests than connections are all answered, each with its own reply", async () => {
  const client = open();
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      client.request({
        method: "POST",
        path: "/echo",
        headers: "authorization: Bearer x\r\n",
        body: JSON.stringify({ index }),
      }),
    ),
  );
  client.close();
  expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
  expect(replies.map(({ body }) => body)).toEqual(
    Array.from({ length: 100 }, (_, index) =>
      JSON.stringify({ body: JSON.stringify({ index }), auth: "Bearer x" }),
    ),
  );
});

test("a body larger than the socket's buffer arrives whole", async () => {
  const client = open();
  const body = "x".repeat(5_000_000);
  const reply = await client.request({ method: "POST", path: "/echo", headers: "", body });
  client.close();
  expect(reply.body.length).toBe(JSON.stringify({ body, auth: null }).length);
});

test("a reply that is too late is an unknown outcome, and the next request gets its own", async () => {
  const client = open({ connectionsMax: 1, timeoutMs: 100 });
  await expect(client.request({ method: "GET", path: "/slow", headers: "" })).rejects.toThrow(
    "timed out",
  );
  const next = await client.request({ method: "GET", path: "/nothing", headers: "" });
  client.close();
  expect(next.body).toBe("nothing here");
});

test("a server that closes after its reply is asked again over another connection", async () => {
  const client = open({ connectionsMax: 1 });
  const ask = () => client.request({ method: "GET", path: "/close", headers: "" });
  expect((await ask()).body).toBe("bye");
  expect((await ask()).body).toBe("bye");
  client.close();
});

test("nobody listening is an error at once", async () => {
  const client = createHttpClient({
    url: "http://127.0.0.1:1",
    connectionsMax: 1,
    timeoutMs: 5000,
  });
  await expect(client.request({ method: "GET", path: "/", headers: "" })).rejects.toThrow(
    "no connection",
  );
});
