/** Opens accounts, drives the flow through them and gathers the figures. */

import { stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";

import { addMarket } from "../../cli/market/add-market.ts";
import { UsageError } from "../../cli/options.ts";
import type { Exchange } from "../../exchange/connect.ts";
import { listMarkets, readMarket, withExchange, withProvisioning } from "../../exchange/connect.ts";
import { forEachAtOnce } from "../../http/at-once.ts";
import { createHttpClient } from "../../http/client.ts";
import { depositFunds } from "../../http/deposit.ts";
import type { LatencySummary } from "../../http/latency.ts";
import { summarizeLatencies } from "../../http/latency.ts";
import type { Ask } from "../../http/persistent.ts";
import { createPersistentAsk } from "../../http/persistent.ts";
import type { Session } from "../../http/session.ts";
import { openSession } from "../../http/session.ts";
import { readRunning } from "../../setup/running.ts";
import type { CpuUse } from "../cpu.ts";
import { createCpuMeter } from "../cpu.ts";
import type { OpenLoopResult } from "../open-loop.ts";
import { GOOD, runOpenLoop } from "../open-loop.ts";
import { createRandom } from "../random.ts";
import { createFlow } from "./flow.ts";
import type { ReaderLags } from "./lag.ts";
import { measureLags } from "./lag.ts";
import { createSender } from "./send.ts";

const CANCEL_SHARE = 0.4;
const REPLY_LIMIT_MS = 10_000;
const SIGN_UP_LIMIT_MS = 60_000;
const SIGN_UPS_AT_ONCE = 4;
const FUNDS = [
  { side: "quote", amount: "1000000000" },
  { side: "base", amount: "1000000" },
] as const;

export interface BenchInput {
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly accounts: number;
  readonly connections: number;
  readonly market: string;
  readonly respondAsync: boolean;
  readonly seed: number;
}

export interface BenchReport {
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** Commands that were answered with success, a second. */
  readonly achievedPerSecond: number;
  readonly latencyMs: LatencySummary;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly inFlightMax: number;
  readonly lagS: ReaderLags;
  readonly cpuCores: readonly CpuUse[];
  /** Written to the two logs for each command. */
  readonly logBytesPerCommand: number;
}

export async function benchOrders(input: BenchInput): Promise<BenchReport> {
  await ensureMarket(input.market);
  return await withExchange(async (exchange) => {
    const market = await readMarket(exchange, input.market);
    const client = createHttpClient({
      url: exchange.running.gatewayUrl,
      connectionsMax: input.connections,
      timeoutMs: REPLY_LIMIT_MS,
    });
    try {
      const ask = createPersistentAsk({ client, limitMs: SIGN_UP_LIMIT_MS });
      const sessions = await forEachAtOnce(
        { count: input.accounts, atOnce: SIGN_UPS_AT_ONCE },
        async (account) => await openAccount(ask, market, account),
      );
      const { accounts, respondAsync, seed } = input;
      const flow = createFlow({ accounts, cancelShare: CANCEL_SHARE, random: createRandom(seed) });
      const send = createSender({ client, market, sessions, flow, respondAsync });
      return await measure(exchange, market, { ...input, send });
    } finally {
      client.close();
    }
  });
}

async function openAccount(ask: Ask, market: Market, account: number): Promise<Session> {
  const email = `bench-${account}@bench.example`;
  const session = await openSession(ask, { email, password: "bench with test funds" });
  for (const { side, amount } of FUNDS) {
    const asset = market[side];
    await depositFunds(session, { asset, amount, idempotencyKey: `bench-${asset}-${amount}` });
  }
  return session;
}

async function measure(
  exchange: Exchange,
  market: Market,
  loop: BenchInput & { readonly send: () => Promise<string> },
): Promise<BenchReport> {
  const bytesBefore = await readLogBytes(exchange, market);
  const meter = createCpuMeter(() => readRunning().processes);
  const result = await runOpenLoop(loop);
  const cpuCores = meter.read();
  const lagS = await measureLags(exchange, market);
  const bytes = (await readLogBytes(exchange, market)) - bytesBefore;
  const done = countGood(result);
  const commands = (done * (loop.seconds + loop.warmUpSeconds)) / loop.seconds;
  return {
    ratePerSecond: loop.ratePerSecond,
    seconds: loop.seconds,
    achievedPerSecond: Math.round((done * 1000) / result.elapsedMs),
    latencyMs: summarizeLatencies(result.latenciesMs),
    outcomes: Object.fromEntries(result.outcomes),
    inFlightMax: result.inFlightMax,
    lagS,
    cpuCores,
    logBytesPerCommand: Math.round(bytes / Math.max(commands, 1)),
  };
}

function countGood({ outcomes }: OpenLoopResult): number {
  return [...outcomes]
    .filter(([outcome]) => outcome.startsWith(GOOD))
    .reduce((sum, [, count]) => sum + count, 0);
}

async function readLogBytes({ connection }: Exchange, { market, epoch }: Market): Promise<number> {
  const jsm = await connection.jetstreamManager();
  const names = [stream.commands(market, epoch), stream.events(market, epoch)];
  const infos = await Promise.all(names.map((name) => jsm.streams.info(name)));
  return infos.reduce((sum, { state }) => sum + state.bytes, 0);
}

async function ensureMarket(market: string): Promise<void> {
  const listed = await withExchange(listMarkets);
  if (listed.some((one) => one.market === market)) return;
  if (!market.endsWith("-USD")) throw new UsageError(`${market} is not listed.`);
  await withProvisioning(
    async (connection) =>
      await addMarket(connection, {
        market,
        tick: "0.01",
        lot: "0.00000001",
        baseScale: 8,
        quoteScale: 10,
        makerFeePpm: 1000,
        takerFeePpm: 2000,
      }),
  );
}
