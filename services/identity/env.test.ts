import { expect, test } from "bun:test";

import { passkeySiteOf, readEnv } from "./env.ts";

const complete = {
  SERVICE_INSTANCE: "identity-1",
  NATS_URL: "nats://127.0.0.1:4222",
  NATS_USER: "identity",
  NATS_PASSWORD: "secret",
  ADMIN_PORT: "0",
  MYSQL_URL: "mysql://identity:secret@127.0.0.1:3306/exchange_identity",
  REDIS_URL: "redis://127.0.0.1:6379",
  API_KEY_SEALING_SECRET: "s".repeat(32),
  JWT_SIGNING_KEY_FILE: "/keys/jwt.json",
};

function siteOf(PASSKEY_SITE: string, PASSKEY_ORIGINS: string) {
  return passkeySiteOf(readEnv({ ...complete, PASSKEY_SITE, PASSKEY_ORIGINS }));
}

test("passkeys are for a site and its pages, and without a site there are none", () => {
  expect(passkeySiteOf(readEnv(complete))).toBeUndefined();
  expect(siteOf("example.org", "https://example.org, https://trade.example.org:8443")).toEqual({
    id: "example.org",
    origins: ["https://example.org", "https://trade.example.org:8443"],
  });
});

test.each([
  "",
  "https://example.org/",
  "https://Example.org",
  "https://example.com",
  "https://badexample.org",
  "example.org",
  "*",
])("pages at %p are refused at the start, not at each login", (origins) => {
  expect(() => siteOf("example.org", origins)).toThrow("PASSKEY_ORIGINS");
});
