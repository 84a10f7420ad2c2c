/** The traders of a replay: the same people whenever the same file is replayed again. */

import { depositFunds } from "../../http/deposit.ts";
import type { Ask } from "../../http/persistent.ts";
import type { Session } from "../../http/session.ts";
import { openSession } from "../../http/session.ts";
import type { TraderFunding } from "./plan.ts";

/** Password hashing is meant to be slow: more at once only queue up. */
const SIGN_UPS_AT_ONCE = 4;
/** They hold test funds only. */
const PASSWORD = "replay of recorded orders";

export interface TradersInput {
  readonly ask: Ask;
  readonly market: string;
  readonly traders: number;
  readonly funding: readonly TraderFunding[];
  readonly onReady: (done: number) => void;
}

/** Signed up, logged in and funded; doing it again changes nothing. */
export async function openTraders(input: TradersInput): Promise<Session[]> {
  const sessions: Session[] = [];
  let next = 0;
  let done = 0;
  async function work(): Promise<void> {
    for (;;) {
      const trader = next;
      next += 1;
      if (trader >= input.traders) return;
      sessions[trader] = await openTrader(input, trader);
      done += 1;
      input.onReady(done);
    }
  }
  await Promise.all(Array.from({ length: SIGN_UPS_AT_ONCE }, work));
  return sessions;
}

async function openTrader(
  { ask, market, funding }: TradersInput,
  trader: number,
): Promise<Session> {
  const session = await openSession(ask, {
    email: `trader-${trader}@replay.example`,
    password: PASSWORD,
  });
  for (const { asset, amount } of funding.filter((need) => need.trader === trader)) {
    // The amount in the key: a longer replay of the same file brings what its orders need.
    const idempotencyKey = `replay-${market}-${asset}-${amount.replace(".", "_")}`;
    await depositFunds(session, { asset, amount, idempotencyKey });
  }
  return session;
}
