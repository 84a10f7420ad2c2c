/** What a whole exchange shows of itself: one trace from end to end, and no secrets. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { z } from "zod";

import { undeclaredFields } from "./logging/testing/undeclared-fields.ts";
import { homeAt } from "./setup/home.ts";
import { runProgram } from "./setup/run-program.ts";
import { readSecrets } from "./setup/secrets.ts";
import { readState } from "./setup/state.ts";

setDefaultTimeout(60_000);

const Span = z.looseObject({
  traceId: z.string(),
  id: z.string(),
  parentId: z.string().optional(),
  name: z.string(),
  localEndpoint: z.object({ serviceName: z.string() }),
});
type Span = z.infer<typeof Span>;

const Line = z.looseObject({
  message: z.string(),
  trace: z.object({ id: z.string() }).optional(),
  span: z.object({ id: z.string() }).optional(),
});

const folder = mkdtempSync(join(tmpdir(), "exchange-trace-"));
const home = homeAt(folder);
const spans: Span[] = [];
const collector = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    spans.push(...z.array(Span).parse(await request.json()));
    return new Response(null, { status: 202 });
  },
});
let authorization = "";
const credentials = { email: `trace-${Date.now()}@example.org`, password: "a long password" };

async function ops(verb: "up" | "down", args: readonly string[] = []) {
  return await runProgram([process.execPath, join(import.meta.dir, `${verb}.ts`), ...args], {
    env: {
      EXCHANGE_HOME: folder,
      EXCHANGE_PORT: "0",
      TEST_FUNDS: "on",
      LOG_LEVEL: "debug",
      TRACE_EXPORTER: "zipkin",
      TRACE_URL: collector.url.href,
      // Only what a client asks for.
      TRACE_SAMPLE_RATIO: "0",
    },
  });
}

async function post(path: string, body: object, traceparent?: string): Promise<Response> {
  return await fetch(`http://127.0.0.1:${readState(home)?.ports["gateway"]}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(authorization === "" ? {} : { authorization }),
      ...(traceparent === undefined ? {} : { traceparent }),
    },
    body: JSON.stringify(body),
  });
}

const sell = { market: "BTC-USD", side: "sell", type: "limit", price: "200.00", quantity: "0.1" };

const byText = (left: string, right: string): number => left.localeCompare(right);

function mintTrace() {
  const traceId = crypto.randomUUID().replaceAll("-", "");
  return { traceId, traceparent: `00-${traceId}-${"1".repeat(16)}-01` };
}

async function until<Value>(read: () => Value | undefined): Promise<Value> {
  const giveUpAtMs = performance.now() + 30_000;
  for (;;) {
    const value = read();
    if (value !== undefined) return value;
    if (performance.now() > giveUpAtMs) throw new Error(`gave up; spans: ${JSON.stringify(spans)}`);
    await Bun.sleep(50);
  }
}

/** The tests kill servers, and come in any order. */
async function untilTrading(): Promise<void> {
  const giveUpAtMs = performance.now() + 30_000;
  while ((await post("/v1/orders", sell)).status !== 201) {
    if (performance.now() > giveUpAtMs) throw new Error("no order is taken");
    await Bun.sleep(200);
  }
}

function linesOf(service: string, traceId: string): z.infer<typeof Line>[] {
  return readFileSync(join(home.logs, `${service}.log`), "utf8")
    .split("\n")
    .filter((text) => text.startsWith("{") && text.includes(traceId))
    .map((text) => Line.parse(JSON.parse(text)));
}

beforeAll(async () => {
  const up = await ops("up", ["--detach"]);
  expect(up).toMatchObject({ exitCode: 0 });
  await post("/v1/auth/signup", credentials);
  const login = z
    .object({ accessToken: z.string() })
    .parse(await (await post("/v1/auth/login", credentials)).json());
  authorization = `Bearer ${login.accessToken}`;
  expect((await post("/v1/deposits", { asset: "BTC", amount: "10" })).status).toBe(201);
}, 120_000);
afterAll(async () => {
  await ops("down");
  await collector.stop(true);
  rmSync(folder, { recursive: true });
}, 60_000);

test("an order's trace leads from its HTTP request to settlement, each step under the one before", async () => {
  const { traceId, traceparent } = mintTrace();
  await untilTrading();
  expect((await post("/v1/orders", sell, traceparent)).status).toBe(201);
  const expected: readonly (readonly [service: string, name: string, under: string])[] = [
    ["gateway", "post /v1/orders", "1".repeat(16)],
    ["order", "place order", "post /v1/orders"],
    ["wallet", "wallet.hold", "place order"],
    ["engine", "engine.match", "place order"],
    ["wallet", "wallet.settle", "engine.match"],
    ["order", "order project", "engine.match"],
    ["market", "market project", "engine.match"],
  ];
  const own = await until(() => {
    const found = spans.filter((span) => span.traceId === traceId);
    return found.length >= expected.length ? found : undefined;
  });
  const seen = own.map(({ name, parentId, localEndpoint: { serviceName } }) => [
    serviceName,
    name.toLowerCase(),
    (own.find(({ id }) => id === parentId)?.name ?? parentId)?.toLowerCase(),
  ]);
  expect(seen.map(String).toSorted(byText)).toEqual(expected.map(String).toSorted(byText));
  const gatewaySpan = own.find(({ localEndpoint }) => localEndpoint.serviceName === "gateway");
  expect(linesOf("gateway", traceId)).toMatchObject([
    { message: "request", trace: { id: traceId }, span: { id: gatewaySpan?.id } },
  ]);
});

test("what goes wrong below an order is logged with the order's trace", async () => {
  const { traceId, traceparent } = mintTrace();
  await untilTrading();
  const mysql = readState(home)?.processes.find(({ name }) => name === "mysql")?.pid ?? 0;
  process.kill(mysql, "SIGKILL");
  const answered = post("/v1/orders", sell, traceparent);
  const [line] = await until(() => {
    const lines = linesOf("wallet", traceId);
    return lines.length > 0 ? lines : undefined;
  });
  expect(line).toMatchObject({ message: "MySQL is away", trace: { id: traceId } });
  const holdSpan = await until(() =>
    spans.find((span) => span.traceId === traceId && span.name === "wallet.hold"),
  );
  expect(line?.span?.id).toBe(holdSpan.id);
  expect((await answered).status).toBeGreaterThanOrEqual(200);
});

/** Every text that was made up for this exchange or given to it to keep. */
function secretsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(secretsOf);
}

const TokenPair = z.object({ accessToken: z.string(), refreshToken: z.string() });

const NEW_PASSWORD = "a password that is not taken";

/** The secret of a new API key. */
async function makeKey(): Promise<string> {
  const wish = { label: "bot", algorithm: "hmac-sha256", scopes: ["read"] };
  const made = await (await post("/v1/api-keys", wish)).json();
  return z.object({ secret: z.string() }).parse(made).secret;
}

/** The secret of a second factor that nobody confirms. */
async function makeFactor(): Promise<string[]> {
  const { password } = credentials;
  const made = await (await post("/v1/auth/totp", { password })).json();
  const { secret, uri } = z.object({ secret: z.string(), uri: z.string() }).parse(made);
  return [secret, uri];
}

async function provokeFailures(): Promise<{ said: string[]; secrets: string[] }> {
  const pair = TokenPair.parse(await (await post("/v1/auth/login", credentials)).json());
  const next = TokenPair.parse(
    await (await post("/v1/auth/refresh", { refreshToken: pair.refreshToken })).json(),
  );
  const wrong = { ...credentials, password: "another long password" };
  const made = [await makeKey(), ...(await makeFactor())];
  const answers = [
    await post("/v1/auth/login", { ...credentials, code: "AAAA-AAAA-AAAA-AAAA" }),
    await post("/v1/auth/password", { password: wrong.password, newPassword: NEW_PASSWORD }),
    await post("/v1/auth/login", wrong),
    await post("/v1/auth/signup", credentials),
    await post("/v1/auth/signup", { email: "x", password: wrong.password, pin: "pin-4711-pin" }),
    await post("/v1/auth/refresh", { refreshToken: next.refreshToken.replaceAll(/[a-m]/g, "z") }),
  ];
  for (const name of ["redis", "mysql", "nats-server", "identity"]) {
    process.kill(readState(home)?.processes.find((one) => one.name === name)?.pid ?? 0, "SIGKILL");
    answers.push(await post("/v1/auth/login", credentials), await post("/v1/orders", sell));
    await Bun.sleep(1000);
  }
  const { accessToken, refreshToken } = pair;
  const signatures = [accessToken, next.accessToken].map((token) => token.split(".")[2] ?? "");
  const secrets = [credentials.password, wrong.password, "pin-4711-pin", refreshToken, ...made];
  secrets.push(NEW_PASSWORD, "AAAA-AAAA-AAAA-AAAA");
  const refused = answers.filter(({ ok }) => !ok);
  expect(refused.length).toBeGreaterThan(3);
  return {
    said: await Promise.all(refused.map(async (answer) => await answer.text())),
    secrets: [...secrets, next.refreshToken, ...signatures],
  };
}

test("no log, no trace, no error and no command line shows a password, a key or a token", async () => {
  await untilTrading();
  const { said, secrets } = await provokeFailures();
  const { jwtSigningKeyFile, ...passwords } = readSecrets(home);
  const { d: privateKey } = z
    .object({ d: z.string() })
    .parse(JSON.parse(readFileSync(jwtSigningKeyFile, "utf8")));
  const forbidden = [...secrets, ...secretsOf(passwords), privateKey];
  expect(forbidden.length).toBeGreaterThan(20);
  const processes = [process.pid, ...(readState(home)?.processes ?? []).map(({ pid }) => pid)];
  const shown = new Map([
    ...readdirSync(home.logs).map(
      (name) => [name, readFileSync(join(home.logs, name), "utf8")] as const,
    ),
    ...processes.map((pid) => [`command ${pid}`, readCommand(pid)] as const),
    ...said.map((text, index) => [`answer ${index}`, text] as const),
    ["traces", JSON.stringify(spans)] as const,
  ]);
  // The failures were there to be logged.
  expect(shown.get("identity.log")).toMatch(/"log.level":"(warn|error)"/);
  for (const [where, text] of shown) {
    const found = forbidden.filter((secret) => text.includes(secret));
    expect({ where, found: found.length, text: found.length > 0 ? text : "" }).toMatchObject({
      found: 0,
    });
  }
});

test("every field of every line is in the index template of the logs, with its type", () => {
  const lines = readdirSync(home.logs)
    .map((name) => readFileSync(join(home.logs, name), "utf8"))
    // The last line may be half written.
    .flatMap((text) => text.split("\n").slice(0, -1))
    .filter((text) => text.startsWith('{"log.level"'))
    .map((text) => Line.parse(JSON.parse(text)));
  expect(lines.length).toBeGreaterThan(6);
  expect([...new Set(lines.flatMap(undeclaredFields))]).toEqual([]);
});

/** Empty when the process is gone. */
function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
