/** What `ops/up` promises about a whole exchange, on the one that `ops/test` started. */

import { expect, test } from "bun:test";
import { join } from "node:path";

import { connectNats } from "@exchange/streams/runtime";

import { defaultHome } from "./setup/home.ts";
import { runProgram } from "./setup/run-program.ts";
import { readRunning } from "./setup/running.ts";
import { serviceNames } from "./setup/service-list.ts";
import { readState } from "./setup/state.ts";
import { welcome } from "./setup/welcome.ts";

async function readTrials(): Promise<string> {
  const home = defaultHome();
  const text = await welcome(home, readState(home)?.ports ?? {});
  const trials = /^Try:\n((?: {2}.*\n)+)/m.exec(text)?.[1];
  if (trials === undefined) throw new Error("ops/up prints nothing to try");
  return trials;
}

test.if(Bun.which("curl") !== null)("the lines that ops/up suggests to try all work", async () => {
  const trials = (await readTrials()).replaceAll("curl -s", "curl --fail-with-body -sS");
  const { exitCode, output } = await runProgram(["bash", "-e", "-c", `${trials} echo`]);
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  expect(output).toContain('"balances":');
  expect(output).toContain('"clientOrderId":');
  expect(output).toContain('"bids":');
  expect(output).toContain('"cancelled":');
});

test("status shows every process as running", async () => {
  const script = join(import.meta.dir, "status.ts");
  const { exitCode, output } = await runProgram([process.execPath, script]);
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  for (const { name } of readRunning().processes) expect(output).toContain(`\n${name} `);
});

test("every service is in the NATS registry", async () => {
  const { natsUrl, natsUser, natsPassword } = readRunning();
  const connection = await connectNats({
    url: natsUrl,
    user: natsUser,
    password: natsPassword,
    name: natsUser,
  });
  const names: string[] = [];
  for await (const { name } of await connection.services.client().ping()) names.push(name);
  await connection.close();
  expect(names).toEqual(expect.arrayContaining([...serviceNames]));
});
