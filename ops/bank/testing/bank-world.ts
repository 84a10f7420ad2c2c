/** A test bank, wallet processes that pay through it, and the door by which it tells them: for one live test. */

import { randomBytes } from "node:crypto";

import { request, RequestError } from "@exchange/streams/runtime";
import type { ServiceProcess } from "@exchange/streams/testing";
import { natsEnv, readTestRedisUrl, startProcess } from "@exchange/streams/testing";
import { noteBank } from "@exchange/wallet/api";
import type { ScratchWallet } from "@exchange/wallet/testing/live";
import { openScratchWallet } from "@exchange/wallet/testing/live";
import { z } from "zod";

import type { BankPayment } from "../../audit/ledger/withdrawal-checks.ts";
import { readPayments } from "../read-payments.ts";
import type { BankPace } from "../rules.ts";
import { startBank } from "../start-bank.ts";

const Notice = z.strictObject({ payload: z.string(), signature: z.string() });
const NOTE_LIMIT_MS = 2000;

/** Half a minute is a second and a half, a day is six seconds. */
export const scaledPace: BankPace = { payMs: 40, slowMs: 1500, lateMs: 1500, keyLifeMs: 6000 };
const CALL_LIMIT_MS = 400;

export interface BankWorld extends Pick<ScratchWallet, "db" | "url" | "market"> {
  readonly connection: ScratchWallet["scratch"]["connection"];
  /** Asks the bank; throws unless it answers well. */
  order(path: string, body: object): Promise<void>;
  payments(): Promise<BankPayment[]>;
  startWallet(name: string): Promise<ServiceProcess>;
  remove(): Promise<void>;
}

export async function openBankWorld(): Promise<BankWorld> {
  const scratch = await openScratchWallet();
  const { market } = scratch;
  const { connection } = scratch.scratch;
  const apiKey = randomBytes(16).toString("hex");
  const secret = randomBytes(16).toString("hex");
  // What the gateway's route does.
  const door = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(call) {
      try {
        const body = Notice.parse(await call.json());
        const options = { endpoint: noteBank, body, timeoutMs: NOTE_LIMIT_MS };
        const reply = await request(connection, options);
        return new Response("{}", { status: reply.kind === "ok" ? 200 : 409 });
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        return new Response("{}", { status: 503 });
      }
    },
  });
  const bank = startBank({
    port: 0,
    storePath: ":memory:",
    apiKey,
    notices: { url: `http://127.0.0.1:${door.port}/`, secret },
    pace: scaledPace,
  });
  const scaleOf = (asset: string): number =>
    asset === market.base ? market.baseScale : market.quoteScale;
  return {
    db: scratch.db,
    url: scratch.url,
    market,
    connection,
    async order(path, body) {
      const response = await fetch(`${bank.url}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}` },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`the bank answers ${path} with ${response.status}`);
    },
    payments: async () => await readPayments({ url: bank.url, apiKey, scaleOf }),
    startWallet: async (name) =>
      await startProcess("services/wallet/testing/run-wallet.ts", {
        ...natsEnv(),
        MYSQL_URL: scratch.url,
        REDIS_URL: readTestRedisUrl(),
        SERVICE_INSTANCE: name,
        WALLET_TEST_MARKET: market.market,
        BANK_URL: bank.url,
        BANK_API_KEY: apiKey,
        BANK_NOTICE_SECRET: secret,
        BANK_CALL_LIMIT_MS: String(CALL_LIMIT_MS),
        BANK_KEY_LIFE_MS: String(scaledPace.keyLifeMs),
      }),
    async remove() {
      await bank.stop();
      await door.stop(true);
      await scratch.remove();
    },
  };
}
