import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { createRandom } from "../bench/random.ts";
import type { BankWorld } from "./testing/bank-world.ts";
import { openBankWorld } from "./testing/bank-world.ts";
import { expectPaid } from "./testing/expect-paid.ts";
import { runSagas } from "./testing/run-sagas.ts";

setDefaultTimeout(300_000);

const SAGAS = 210;
const KILLS = 20;
const seed = Date.now() % 1_000_000;

let world: BankWorld;

beforeAll(async () => {
  world = await openBankWorld();
});
afterAll(async () => {
  await world.remove();
});

test(`${SAGAS} withdrawals through a faulty bank, wallets killed (seed ${seed}): paid once or given back`, async () => {
  await runSagas(world, { sagas: SAGAS, kills: KILLS, random: createRandom(seed) });
  const { states } = await expectPaid(world);
  expect(Object.keys(states).toSorted()).toEqual(["RELEASED", "SETTLED"]);
});
