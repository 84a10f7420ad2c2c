import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { readEnv } from "./env.ts";

const source = {
  NATS_URL: "nats://127.0.0.1:4222",
  ADMIN_PORT: "0",
  SERVICE_INSTANCE: "gateway-1",
  HTTP_PORT: "8080",
  REDIS_URL: "redis://127.0.0.1:6379",
};

test("what is absent has a safe value", () => {
  expect(readEnv(source)).toMatchObject({
    HTTP_HOST: "127.0.0.1",
    HTTP_PORT: 8080,
    TEST_FUNDS: "off",
    TRUSTED_PROXY_HOPS: 0,
  });
});

test("a secret may come from a file", () => {
  const { REDIS_URL: url, ...rest } = source;
  const file = join(mkdtempSync(join(tmpdir(), "gateway-env-")), "redis-url");
  writeFileSync(file, `${url}\n`);
  expect(readEnv({ ...rest, REDIS_URL_FILE: file })).toMatchObject({ REDIS_URL: url });
  rmSync(dirname(file), { recursive: true });
});

test("every problem is named at once", () => {
  const bad = { ...source, HTTP_PORT: "x", REDIS_URL: "y", TEST_FUNDS: "yes" };
  expect(() => readEnv(bad)).toThrow(/HTTP_PORT[^]*REDIS_URL[^]*TEST_FUNDS/);
});
