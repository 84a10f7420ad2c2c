import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { homeAt, prepareHome } from "./home.ts";
import { writePrivateFile } from "./private-file.ts";
import { ensureSecrets, readSecrets } from "./secrets.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "exchange-secrets-"));
  prepareHome(homeAt(folder));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("secrets are made once, and no two of them are the same", async () => {
  const home = homeAt(folder);
  const made = await ensureSecrets(home);
  expect(await ensureSecrets(home)).toEqual(made);
  const passwords = [made.nats, made.mysql, made.redis].flatMap((users) => Object.values(users));
  expect(new Set(passwords).size).toBe(passwords.length);
});

test("secrets of an earlier version keep what they have and get what they lack", async () => {
  const home = homeAt(folder);
  const { nats, mysql, redis, demo } = await ensureSecrets(home);
  const { ops, ...others } = nats;
  const earlier = { nats: others, mysql, redis: redis.root, demo };
  writePrivateFile(join(home.secrets, "secrets.json"), JSON.stringify(earlier));
  expect(() => readSecrets(home)).toThrow("of an earlier version or damaged");
  const completed = await ensureSecrets(home);
  expect(completed).toMatchObject({ nats: others, mysql, redis: { root: redis.root }, demo });
  expect(completed.nats.ops).not.toBe(ops);
  expect(readSecrets(home)).toEqual(completed);
});

test("a damaged file is left for its owner to look at", async () => {
  const home = homeAt(folder);
  await ensureSecrets(home);
  writePrivateFile(join(home.secrets, "secrets.json"), "{");
  await expect(ensureSecrets(home)).rejects.toThrow("damaged");
});
