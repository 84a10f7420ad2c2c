/** The traders of a replay: the same people whenever the same file is replayed again. */

import { forEachAtOnce } from "../../http/at-once.ts";
import { depositFunds } from "../../http/deposit.ts";
import type { Ask } from "../../http/persistent.ts";
import type { Credentials, Session } from "../../http/session.ts";
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
  let done = 0;
  return await forEachAtOnce({ count: input.traders, atOnce: SIGN_UPS_AT_ONCE }, async (trader) => {
    const session = await openTrader(input, trader);
    done += 1;
    input.onReady(done);
    return session;
  });
}

export function credentialsOf(trader: number): Credentials {
  return { email: `trader-${trader}@replay.example`, password: PASSWORD };
}

async function openTrader(
  { ask, market, funding }: TradersInput,
  trader: number,
): Promise<Session> {
  const session = await openSession(ask, credentialsOf(trader));
  for (const { asset, amount } of funding.filter((need) => need.trader === trader)) {
    // The amount in the key: a longer replay of the same file brings what its orders need.
    const idempotencyKey = `replay-${market}-${asset}-${amount.replace(".", "_")}`;
    await depositFunds(session, { asset, amount, idempotencyKey });
  }
  return session;
}
