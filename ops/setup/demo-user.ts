/** A login with test funds to try things with, made through the public door like any other. */

import { createHttpClient } from "../http/client.ts";
import { depositFunds } from "../http/deposit.ts";
import { createPersistentAsk } from "../http/persistent.ts";
import { openSession } from "../http/session.ts";

export const demoEmail = "demo@example.org";

/** Fixed keys: however often `ops/up` asks, each deposit is made once. */
const deposits = [
  { asset: "USD", amount: "100000", idempotencyKey: "demo-usd" },
  { asset: "BTC", amount: "10", idempotencyKey: "demo-btc" },
  { asset: "ETH", amount: "100", idempotencyKey: "demo-eth" },
] as const;

const limitMs = 10_000;

export interface DemoUserInput {
  readonly url: string;
  readonly password: string;
  readonly testFunds: "on" | "off";
}

export async function ensureDemoUser({ url, password, testFunds }: DemoUserInput): Promise<void> {
  const client = createHttpClient({ url, connectionsMax: 1, timeoutMs: limitMs });
  try {
    const ask = createPersistentAsk({ client, limitMs });
    const session = await openSession(ask, { email: demoEmail, password });
    if (testFunds === "off") return;
    for (const deposit of deposits) await depositFunds(session, deposit);
  } finally {
    client.close();
  }
}
