import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { homeAt, prepareHome } from "../setup/home.ts";
import { ensureSecrets, natsUsers } from "../setup/secrets.ts";
import { natsCliFolder, writeNatsContexts } from "./write-contexts.ts";

const folder = mkdtempSync(join(tmpdir(), "exchange-contexts-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("each role has a context with its own login, which only the owner reads", async () => {
  const home = homeAt(folder);
  prepareHome(home);
  const secrets = await ensureSecrets(home);
  const at = { nats: "127.0.0.1:4", mysql: "127.0.0.1:5", redis: "127.0.0.1:6" };
  writeNatsContexts(home, at, secrets);
  // Once more, as each start does.
  writeNatsContexts(home, at, secrets);
  const contexts = join(natsCliFolder(home), "nats/context");
  expect(readdirSync(contexts).toSorted()).toEqual(
    natsUsers.map((user) => `${user}.json`).toSorted(),
  );
  for (const user of natsUsers) {
    const file = join(contexts, `${user}.json`);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      url: "nats://127.0.0.1:4",
      user,
      password: secrets.nats[user],
      inbox_prefix: `_INBOX_${user}`,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }
  expect(readFileSync(join(natsCliFolder(home), "nats/context.txt"), "utf8")).toBe("ops");
});
