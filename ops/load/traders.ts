/** Who trades in a scenario: signed up, logged in and with money before anything is measured. */

import type { Market } from "@exchange/streams/contract";
import { z } from "zod";

import type { OpenLoopResult } from "../bench/open-loop.ts";
import { runOpenLoop } from "../bench/open-loop.ts";
import { createFlow } from "../bench/orders/flow.ts";
import { createSender } from "../bench/orders/send.ts";
import { createRandom } from "../bench/random.ts";
import { forEachAtOnce } from "../http/at-once.ts";
import type { HttpClient } from "../http/client.ts";
import { createHttpClient } from "../http/client.ts";
import { depositFunds } from "../http/deposit.ts";
import { createPersistentAsk } from "../http/persistent.ts";
import type { Session } from "../http/session.ts";
import { openSession } from "../http/session.ts";
import type { Stage } from "./scenarios.ts";
import { CANCEL_SHARE, FIRST_PRICE, FUNDS } from "./scenarios.ts";

const CONNECTIONS = 256;
const REPLY_LIMIT_MS = 10_000;
const SIGN_UP_LIMIT_MS = 60_000;
const SIGN_UPS_AT_ONCE = 4;
const PASSWORD = "load with test funds";

const Ticker = z.looseObject({ last: z.string().optional() });

export interface Traders {
  /** Starts each stage when it is due, whether or not those before were answered. */
  run(stages: readonly Stage[]): Promise<OpenLoopResult[]>;
  close(): void;
}

export async function openTraders(
  gatewayUrl: string,
  market: Market,
  accounts: number,
): Promise<Traders> {
  const client = createHttpClient({
    url: gatewayUrl,
    connectionsMax: CONNECTIONS,
    timeoutMs: REPLY_LIMIT_MS,
  });
  const sessions = await forEachAtOnce(
    { count: accounts, atOnce: SIGN_UPS_AT_ONCE },
    async (account) => await openAccount(client, market, account),
  );
  const flow = createFlow({
    accounts,
    cancelShare: CANCEL_SHARE,
    random: createRandom(Date.now()),
    middleTicks: await readMiddle(client, market),
  });
  const send = createSender({ client, market, sessions, flow, respondAsync: false });
  return {
    async run(stages) {
      let dueMs = 0;
      const running = stages.map(async ({ ratePerSecond, seconds }) => {
        const startMs = dueMs;
        dueMs += seconds * 1000;
        await Bun.sleep(startMs);
        return await runOpenLoop({ ratePerSecond, seconds, warmUpSeconds: 0, send });
      });
      return await Promise.all(running);
    },
    close: () => client.close(),
  };
}

async function openAccount(client: HttpClient, market: Market, account: number): Promise<Session> {
  const ask = createPersistentAsk({ client, limitMs: SIGN_UP_LIMIT_MS });
  const email = `load-${account}@load.example`;
  const session = await openSession(ask, { email, password: PASSWORD });
  for (const asset of [market.base, market.quote]) {
    await depositFunds(session, { asset, amount: FUNDS, idempotencyKey: `load-${asset}` });
  }
  return session;
}

/** Where the market traded last, so that the orders of the load meet those that are there. */
async function readMiddle(client: HttpClient, { market, tick }: Market): Promise<number> {
  const path = `/v1/markets/${market}/ticker`;
  const reply = await client.request({ method: "GET", path, headers: "" });
  const { last } = reply.status === 200 ? Ticker.parse(JSON.parse(reply.body)) : {};
  return Math.round(Number(last ?? FIRST_PRICE) / Number(tick));
}
