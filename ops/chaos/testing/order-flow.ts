/** Orders and cancels of a few accounts at a fixed rate, for as long as a test wants them. */

import type { Market } from "@exchange/streams/contract";

import type { OpenLoopResult } from "../../bench/open-loop.ts";
import { runOpenLoop } from "../../bench/open-loop.ts";
import { createFlow } from "../../bench/orders/flow.ts";
import { createSender } from "../../bench/orders/send.ts";
import { createRandom } from "../../bench/random.ts";
import { forEachAtOnce } from "../../http/at-once.ts";
import { createHttpClient } from "../../http/client.ts";
import { depositFunds } from "../../http/deposit.ts";
import { createPersistentAsk } from "../../http/persistent.ts";
import { openSession } from "../../http/session.ts";

const ACCOUNTS = 6;
const SIGN_UPS_AT_ONCE = 2;
const SIGN_UP_LIMIT_MS = 60_000;
const CONNECTIONS = 64;
const REPLY_LIMIT_MS = 10_000;
const CANCEL_SHARE = 0.4;
/** A test that never says when. */
const SECONDS_MAX = 120;

export interface OrderFlow {
  /** Settles once everything that was sent has its answer. */
  stop(): Promise<OpenLoopResult>;
}

/** Returns once the accounts have money and the flow has begun. */
export async function startOrderFlow(
  gatewayUrl: string,
  market: Market,
  ratePerSecond: number,
): Promise<OrderFlow> {
  const client = createHttpClient({
    url: gatewayUrl,
    connectionsMax: CONNECTIONS,
    timeoutMs: REPLY_LIMIT_MS,
  });
  const ask = createPersistentAsk({ client, limitMs: SIGN_UP_LIMIT_MS });
  const sessions = await forEachAtOnce(
    { count: ACCOUNTS, atOnce: SIGN_UPS_AT_ONCE },
    async (account) => {
      const email = `flow-${account}-${market.market}@example.org`;
      const session = await openSession(ask, { email, password: "a flow of test orders" });
      for (const asset of [market.base, market.quote]) {
        await depositFunds(session, { asset, amount: "1000000", idempotencyKey: `flow-${asset}` });
      }
      return session;
    },
  );
  const random = createRandom(1);
  const flow = createFlow({ accounts: ACCOUNTS, cancelShare: CANCEL_SHARE, random });
  const stopping = new AbortController();
  const running = runOpenLoop({
    ratePerSecond,
    seconds: SECONDS_MAX,
    warmUpSeconds: 0,
    send: createSender({ client, market, sessions, flow, respondAsync: false }),
    stopping: stopping.signal,
  }).finally(() => client.close());
  return {
    async stop() {
      stopping.abort();
      return await running;
    },
  };
}
