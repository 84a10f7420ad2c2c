import { afterAll, afterEach, expect, test } from "bun:test";

import { setUpLogging } from "./set-up-logging.ts";

/** What Elasticsearch and Kibana answer, by path; the last answer stays. */
let answers: Record<string, [status: number, json: object][]> = {};
const asked: string[] = [];
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const body = await request.text();
    asked.push(`${request.method} ${pathname}`);
    expect(request.headers.get("authorization")).toBe(`Basic ${btoa("elastic:first")}`);
    if (pathname === "/_security/user/kibana_system/_password") expect(body).toContain("second");
    if (pathname === "/_security/user/logstash_writer") expect(body).toContain("third");
    if (pathname === "/api/saved_objects/_import")
      expect(body).toContain("exchange-logs-dashboard");
    const [next = [200, {}], ...later] = answers[pathname] ?? [];
    if (later.length > 0) answers[pathname] = later;
    return Response.json(next[1], { status: next[0] });
  },
});
const available = { status: { overall: { level: "available" } } };

async function setUp(): Promise<void> {
  const address = server.url.href.replace(/\/$/, "");
  const passwords = { elastic: "first", kibana: "second", logstash: "third" };
  await setUpLogging({ elasticsearch: address, kibana: address, passwords, limitMs: 5000 });
}

afterAll(async () => await server.stop(true));
afterEach(() => {
  answers = {};
  asked.length = 0;
});

test("users, template and dashboard are made, in this order, once Kibana is there", async () => {
  answers["/api/status"] = [
    [503, {}],
    [200, available],
  ];
  answers["/api/saved_objects/_import"] = [[200, { success: true }]];
  await setUp();
  expect(asked).toEqual([
    "POST /_security/user/kibana_system/_password",
    "PUT /_security/role/logstash_writer",
    "PUT /_security/user/logstash_writer",
    "PUT /_index_template/logs-exchange",
    "GET /api/status",
    "GET /api/status",
    "POST /api/saved_objects/_import",
  ]);
});

test("a refusal ends it at once and says what was refused", async () => {
  answers["/_index_template/logs-exchange"] = [[400, { error: "wrong mapping" }]];
  await expect(setUp()).rejects.toThrow("wrong mapping");
  expect(asked.at(-1)).toBe("PUT /_index_template/logs-exchange");
});

test("an import that Kibana takes only in part is a failure", async () => {
  answers["/api/status"] = [[200, available]];
  answers["/api/saved_objects/_import"] = [[200, { success: false, errors: ["exchange-logs"] }]];
  await expect(setUp()).rejects.toThrow("did not take");
});
