/**
 * Contexts of the `nats` CLI, one a role of the NATS server's configuration, with its login. They are in a folder that
 * only their owner reads, and that XDG_CONFIG_HOME makes the CLI's: an operator's own contexts stay as they are.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { natsLogin, type ServerAddresses } from "../setup/addresses.ts";
import type { Home } from "../setup/home.ts";
import { writePrivateFile } from "../setup/private-file.ts";
import { type NatsUser, natsUsers, type Secrets } from "../setup/secrets.ts";

/** What the CLI takes when no context is named. */
const selected: NatsUser = "ops";

const purposes: Readonly<Record<NatsUser, string>> = {
  ops: "the operator: reads everything, writes admin commands and definitions",
  provision: "makes and changes streams; the only one who may",
  gateway: "asks the services",
  identity: "answers for users and sessions",
  wallet: "answers for money, appends ticks",
  order: "appends commands",
  market: "publishes market data",
  engine: "publishes events and snapshots",
};

export function natsCliFolder(home: Home): string {
  return join(home.run, "nats-cli");
}

export function writeNatsContexts(
  home: Home,
  at: ServerAddresses,
  secrets: Pick<Secrets, "nats">,
): void {
  const folder = join(natsCliFolder(home), "nats");
  mkdirSync(join(folder, "context"), { recursive: true, mode: 0o700 });
  for (const user of natsUsers) {
    const { NATS_URL: url, NATS_PASSWORD: password } = natsLogin(at, secrets, user);
    const context = {
      description: purposes[user],
      url,
      user,
      password,
      // Each may listen to its own answers only.
      inbox_prefix: `_INBOX_${user}`,
    };
    const text = `${JSON.stringify(context, null, 2)}\n`;
    writePrivateFile(join(folder, "context", `${user}.json`), text);
  }
  writePrivateFile(join(folder, "context.txt"), selected);
}
