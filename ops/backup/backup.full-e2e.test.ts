/** A backup taken while orders come in, put into an empty folder: the exchange that starts there is whole and goes on. */

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { appendFile, cp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { until } from "@exchange/streams/testing";

import { startLoad } from "../chaos/load.ts";
import { readOrderIds } from "../chaos/what-is-left.ts";
import { listOwnMarket } from "../cli/testing/replay-file.ts";
import { expectExchange, runExchange } from "../cli/testing/run-exchange.ts";
import { readMarket, withExchange } from "../exchange/connect.ts";
import { checkout, defaultHome } from "../setup/home.ts";
import { runProgram } from "../setup/run-program.ts";
import { openSession } from "./mysql-dump.ts";
import { openBackup } from "./restore-backup.ts";

const LIMIT_MS = 1_200_000;
const BEFORE_MS = 3000;
const AFTER_MS = 2000;
/** What was held when the backup was taken is due by now, and is released once the logs' time has passed it. */
const RELEASED_LIMIT_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), "exchange-backup-"));
const backup = join(folder, "backup");
const home = join(folder, "home");

afterAll(async () => {
  await inRestored([join(checkout, "ops/down")]);
  await rm(folder, { recursive: true, force: true });
});

async function inRestored(command: readonly string[]) {
  const env = { EXCHANGE_HOME: home, EXCHANGE_PORT: "0", TEST_FUNDS: "on" };
  return await runProgram([...command], { env });
}

async function expectRestored(...command: readonly string[]): Promise<string> {
  const { exitCode, output } = await inRestored(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${output}`);
  return output;
}

const exchange = [process.execPath, "--no-env-file", join(checkout, "ops/cli/main.ts")];
const up = join(checkout, "ops/up");

/** Client ids and order ids that were acknowledged so far. */
async function readAcks(file: string): Promise<{ clientOrderId: string; orderId: string }[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).trimEnd();
  return lines === "" ? [] : lines.split("\n").map((line) => JSON.parse(line));
}

test(
  "a backup under load is restored into an empty folder: nothing is missing, and it trades",
  async () => {
    const market = await listOwnMarket();
    const acksFile = join(folder, "acks.jsonl");
    const stopping = new AbortController();
    const acked = await withExchange(async (running) => {
      const { gatewayUrl } = running.running;
      const load = await startLoad({
        gatewayUrl,
        market: await readMarket(running, market),
        acksFile,
        stopping: stopping.signal,
      });
      await Bun.sleep(BEFORE_MS);
      const before = await readAcks(acksFile);
      console.log(await expectExchange("backup", "--to", backup));
      await Bun.sleep(AFTER_MS);
      stopping.abort();
      await load.done;
      return before;
    });
    expect(acked.length).toBeGreaterThan(10);
    expect(await runExchange("restore", "--from", backup)).toMatchObject({ exitCode: 1 });

    // What is encrypted in the databases is read with the keys of the exchange that wrote it.
    await cp(defaultHome().secrets, join(home, "secrets"), { recursive: true });
    await expectRestored(up, "--only", "servers", "--detach");
    await refusesWhatIsNotWhole();
    console.log(await expectRestored(...exchange, "restore", "--from", backup));
    // It would be two exchanges in one.
    expect((await inRestored([...exchange, "restore", "--from", backup])).output).toContain(
      "goes into empty servers",
    );
    await expectRestored(join(checkout, "ops/down"));
    await expectRestored(up, "--detach");

    let audit = "";
    await until(async () => {
      audit = (await inRestored([...exchange, "audit"])).output;
      return audit.trim().endsWith("\n0 violations");
    }, RELEASED_LIMIT_MS).catch(() => undefined);
    expect(audit.trim().split("\n").at(-1)).toBe("0 violations");
    const trades = await expectRestored(...exchange, "trades", market, "--csv");
    const all = await expectExchange("trades", market, "--csv");
    expect(trades.split("\n").length).toBeGreaterThan(1);
    expect(all.startsWith(trades)).toBe(true);
    const script = `import { readRootMysqlUrl } from "${join(checkout, "ops/exchange/connect.ts")}"; console.log(readRootMysqlUrl());`;
    const mysqlUrl = (await expectRestored(process.execPath, "-e", script)).trim();
    await expectHistoryKept(mysqlUrl);
    const orderIds = await readOrderIds(mysqlUrl, market);
    for (const { clientOrderId, orderId } of acked) {
      expect(orderIds.get(clientOrderId)).toEqual([orderId]);
    }
    const recorded = join(checkout, "ops/data/bitstamp-2015-05-01/orders-3000.csv.gz");
    const options = ["--market", "BTC-USD", "--traders", "5", "--limit", "100", "--json"];
    const replayed = await expectRestored(...exchange, "replay", recorded, ...options);
    expect(replayed).toMatch(/"orders":[1-9]/);
  },
  LIMIT_MS,
);

/** Rules that no table's own text says came along: not even root changes what was posted. */
async function expectHistoryKept(rootUrl: string): Promise<void> {
  const session = openSession(rootUrl);
  const change = session.rows("update exchange_wallet.postings set time_ms = 0 limit 1");
  await expect(change).rejects.toThrow("postings is append-only");
  await session.end();
}

async function refusesWhatIsNotWhole(): Promise<void> {
  const { tables } = await openBackup(backup);
  const torn = tables.find(({ rows }) => rows > 0)?.file ?? "";
  const copy = join(folder, "torn");
  await cp(backup, copy, { recursive: true });
  await appendFile(join(copy, torn), "x");
  const { exitCode, output } = await inRestored([...exchange, "restore", "--from", copy]);
  expect({ exitCode, output }).toMatchObject({ exitCode: 1 });
  expect(output).toContain(torn);
}
