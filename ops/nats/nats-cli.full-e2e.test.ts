/** Every `nats` command of this folder's page and of the runbooks, by the real CLI, against the exchange that EXCHANGE_HOME names. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Glob } from "bun";

import { openTrader } from "../cli/testing/open-trader.ts";
import { readCommands } from "../runbooks/testing/read-commands.ts";
import { checkout, defaultHome, toolsFolder } from "../setup/home.ts";
import { runProgram } from "../setup/run-program.ts";
import { natsUsers } from "../setup/secrets.ts";
import { readState } from "../setup/state.ts";
import { natsCliFolder } from "./write-contexts.ts";

const BUILD_LIMIT_MS = 600_000;
const COMMAND_LIMIT_MS = 60_000;
/** The page speaks of the fifth record. */
const RECORDS_MIN = 5;

const built = join(toolsFolder, "nats-cli");
const go = Bun.which("go", { PATH: "/usr/local/go/bin:/usr/local/bin:/usr/bin" });
const installed =
  Bun.which("nats") ?? (existsSync(join(built, "nats")) ? join(built, "nats") : null);
const cli = installed ?? join(built, "nats");
const canRun = test.if(installed !== null || go !== null);

const pages = [...new Glob("ops/{nats,runbooks}/*.md").scanSync(checkout)].toSorted();
const commands = pages.flatMap((page) =>
  readCommands(readFileSync(join(checkout, page), "utf8"))
    .filter(([program]) => program === "nats")
    .map((words) => [`${page}: ${words.join(" ")}`, words.slice(1)] as const),
);

/** The login that tests are given would go before a context's, and may do more. */
const noLogin = { NATS_URL: "", NATS_USER: "", NATS_PASSWORD: "" };

async function nats(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
  return await runProgram([cli, ...args], {
    env: { ...noLogin, XDG_CONFIG_HOME: natsCliFolder(defaultHome()), NO_COLOR: "1" },
  });
}

let trading: Promise<void> = Promise.resolve();
const over = new AbortController();

/** Something is to be seen in the streams, and as it happens. */
async function trade(): Promise<void> {
  const trader = await openTrader({ USD: "100" });
  const order = { market: "BTC-USD", side: "buy", type: "limit", price: "1.00", quantity: "0.1" };
  while (!over.signal.aborted) {
    const placed = await trader.place(order);
    if (typeof placed === "string") throw new Error(placed);
    await trader.cancel(placed);
    await Bun.sleep(100);
  }
  trader.close();
}

async function recordsSoFar(): Promise<number> {
  const { output } = await nats(["stream", "info", "KV_CMD_BTC-USD_1", "--json"]);
  return Number(/"last_seq": (\d+)/.exec(output)?.[1] ?? 0);
}

beforeAll(async () => {
  if (installed === null && go !== null) {
    const build = [go, "install", "github.com/nats-io/natscli/nats@latest"];
    expect(await runProgram(build, { env: { GOBIN: built } })).toMatchObject({ exitCode: 0 });
  }
  trading = trade();
  while ((await recordsSoFar()) < RECORDS_MIN) await Bun.sleep(100);
}, BUILD_LIMIT_MS);
afterAll(async () => {
  over.abort();
  await trading;
});

canRun.each(commands)(
  "%s",
  async (_, words) => {
    const { output: keys } = await nats(["kv", "ls", "CMD_BTC-USD_1"]);
    const [key = ""] = keys.trim().split("\n");
    const done = await nats(words.map((word) => (word === "KEY" ? key : word)));
    expect(done).toMatchObject({ exitCode: 0 });
    expect(done.output).not.toBe("");
    expect(done.output).not.toContain("Violation");
  },
  COMMAND_LIMIT_MS,
);

canRun.each([...natsUsers])("the context %s logs in", async (user) => {
  const { exitCode, output } = await nats(["--context", user, "rtt"]);
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
});

canRun("a service's context may not do what another service does", async () => {
  // A request, since that waits for what the server says: whoever may write there gets an acknowledgement.
  const asked = ["req", "ev.BTC-USD.1", "x", "--timeout", "5s"];
  const refused = await nats(["--context", "gateway", ...asked]);
  expect(refused.output).toContain("Permissions Violation");
});

canRun("anybody hears market data on the public listener, without a context", async () => {
  const port = readState(defaultHome())?.ports["nats-public"];
  const server = ["--no-context", "--server", `ws://127.0.0.1:${port}`];
  const heard = await runProgram([cli, ...server, "sub", "md.BTC-USD.book", "--count", "1"], {
    env: noLogin,
  });
  expect(heard).toMatchObject({ exitCode: 0 });
  expect(heard.output).toContain('"market":"BTC-USD"');
});
