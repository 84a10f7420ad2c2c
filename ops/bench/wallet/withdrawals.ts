/** Withdrawals as the gateway asks for them, from the wallet that runs: lock, saga and ledger included. */

import { randomBytes, randomInt } from "node:crypto";

import { request } from "@exchange/streams/runtime";
import { deposit, withdraw } from "@exchange/wallet/api";
import type { NatsConnection } from "nats";

import { Failure } from "../../setup/failure.ts";
import type { ClosedLoopResult } from "../closed-loop.ts";
import { runClosedLoop } from "../closed-loop.ts";

const ACCOUNTS = 50;
const IN_FLIGHT = 32;
const ASSET = "USD";
/** One of the smallest amounts that can be paid out. */
const AMOUNT = "100000000";
const REPLY_LIMIT_MS = 10_000;

/** Of accounts that nobody has, and for good: they stay in the ledger. */
export async function measureWithdrawals(
  connection: NatsConnection,
  seconds: number,
): Promise<ClosedLoopResult> {
  const firstAccount = randomInt(10 ** 9, 2 * 10 ** 9);
  for (let index = 0; index < ACCOUNTS; index += 1) {
    const body = {
      accountId: firstAccount + index,
      asset: ASSET,
      amount: `${AMOUNT}00000`,
      idempotencyKey: "bench",
    };
    const call = { endpoint: deposit, body, timeoutMs: REPLY_LIMIT_MS };
    const reply = await request(connection, call);
    if (reply.kind === "refused") throw new Failure(`The wallet refused: ${reply.code}`);
  }
  let count = 0;
  return await runClosedLoop({
    inFlight: IN_FLIGHT,
    seconds,
    async work() {
      count += 1;
      const body = {
        accountId: firstAccount + (count % ACCOUNTS),
        asset: ASSET,
        amount: AMOUNT,
        destination: "iban:XX00",
        idempotencyKey: randomBytes(16).toString("hex"),
        asker: { factor: "passed", loggedInMs: Date.now(), changedMs: 0 } as const,
      };
      const call = { endpoint: withdraw, body, timeoutMs: REPLY_LIMIT_MS };
      const reply = await request(connection, call);
      if (reply.kind === "refused") throw new Failure(`The wallet refused: ${reply.code}`);
    },
  });
}
